using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Values;
using ILGPU.Util;

namespace Fovea.Gpu.Devices.Operations;

/// <summary>How operations are written as OpenCL C. ILGPU finds these methods by name.</summary>
internal static class OpenClOperations
{
    public static void FusedMultiplyAdd(CLBackend backend, CLCodeGenerator code, Value value)
    {
        var operands = new List<VariableAllocator.Variable>();
        foreach (ValueReference operand in value.Nodes) operands.Add(code.Load(operand));
        using CLCodeGenerator.StatementEmitter statement = code.BeginStatement(code.Allocate(value));
        statement.AppendCommand("fma");
        statement.BeginArguments();
        foreach (VariableAllocator.Variable operand in operands) statement.AppendArgument(operand);
        statement.EndArguments();
    }

    public static void Barrier(CLBackend backend, CLCodeGenerator code, Value value)
    {
        using CLCodeGenerator.StatementEmitter statement =
            code.BeginStatement((RawString)"work_group_barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)");
    }
}
