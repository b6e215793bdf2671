using ILGPU.Backends;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Values;

namespace Fovea.Gpu.Devices.Operations;

/// <summary>How operations are written as PTX. ILGPU finds these methods by name.</summary>
internal static class PtxOperations
{
    public static void FusedMultiplyAdd(PTXBackend backend, PTXCodeGenerator code, Value value) =>
        Write(code, value, "fma.rn.f32", value.Nodes[0], value.Nodes[1], value.Nodes[2]);

    public static void Barrier(PTXBackend backend, PTXCodeGenerator code, Value value) => code.Command("bar.sync 0");

    public static void Add(PTXBackend backend, PTXCodeGenerator code, Value value) => Binary(code, value, "add.rn.f32");

    public static void Subtract(PTXBackend backend, PTXCodeGenerator code, Value value) => Binary(code, value, "sub.rn.f32");

    public static void Multiply(PTXBackend backend, PTXCodeGenerator code, Value value) => Binary(code, value, "mul.rn.f32");

    // PTX takes the sign first, which ILGPU does not mind (ILGPU issue 1361).
    public static void CopySign(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        var binary = (BinaryArithmeticValue)value;
        Write(code, value, "copysign.f32", binary.Right, binary.Left);
    }

    private static void Binary(PTXCodeGenerator code, Value value, string operation)
    {
        var binary = (BinaryArithmeticValue)value;
        Write(code, value, operation, binary.Left, binary.Right);
    }

    private static void Write(PTXCodeGenerator code, Value value, string operation, params ReadOnlySpan<ValueReference> operands)
    {
        var registers = new RegisterAllocator<PTXRegisterKind>.PrimitiveRegister[operands.Length];
        for (int i = 0; i < operands.Length; i++) registers[i] = code.LoadPrimitive(operands[i]);
        RegisterAllocator<PTXRegisterKind>.HardwareRegister target = code.AllocateHardware(value);
        using PTXCodeGenerator.CommandEmitter command = code.BeginCommand(operation);
        command.AppendArgument(target);
        foreach (RegisterAllocator<PTXRegisterKind>.PrimitiveRegister register in registers) command.AppendArgument(register);
    }
}
