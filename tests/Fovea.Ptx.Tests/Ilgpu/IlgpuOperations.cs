using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime.Cuda;
using Registers = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace Fovea.Ptx.Tests.Ilgpu;

public struct Float4
{
    public float X, Y, Z, W;
}

public struct Fragment
{
    public uint X, Y, Z, W;
}

/// <summary>Instructions that ILGPU does not emit by itself, as methods that kernels call.</summary>
internal static class IlgpuOperations
{
    [IntrinsicImplementation]
    public static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    [IntrinsicImplementation]
    public static Float4 MultiplyAdd(Fragment a, uint b0, uint b1, Float4 c) => throw new NotSupportedException();

    [IntrinsicImplementation]
    public static Fragment LoadMatrix(ref float row) => throw new NotSupportedException();

    [IntrinsicImplementation]
    public static void Copy(ref Float4 shared, ref Float4 global) => throw new NotSupportedException();

    [IntrinsicImplementation]
    public static void CloseCopies() => throw new NotSupportedException();

    [IntrinsicImplementation]
    public static void AwaitCopies() => throw new NotSupportedException();

    public static void Register(Context.Builder builder)
    {
        foreach (string name in new[] { nameof(Fma), nameof(MultiplyAdd), nameof(LoadMatrix), nameof(Copy), nameof(CloseCopies),
            nameof(AwaitCopies) })
        {
            MethodInfo method = typeof(IlgpuOperations).GetMethod(name)!;
            var emission = new PTXIntrinsic(typeof(Emission), name, IntrinsicImplementationMode.GenerateCode, CudaArchitecture.SM_80);
            builder.GetIntrinsicManager().RegisterMethod(method, emission);
        }
    }

    private static class Emission
    {
        public static void Fma(PTXBackend backend, PTXCodeGenerator code, Value call)
        {
            Registers.PrimitiveRegister[] sources = [.. call.Nodes.ToArray().Select(node => code.LoadPrimitive(node))];
            Registers.HardwareRegister target = code.AllocateHardware(call);
            using PTXCodeGenerator.CommandEmitter command = code.BeginCommand("fma.rn.f32");
            command.AppendArgument(target);
            foreach (Registers.PrimitiveRegister source in sources)
                command.AppendArgument(source);
        }

        public static void MultiplyAdd(PTXBackend backend, PTXCodeGenerator code, Value call)
        {
            Registers.Register result = code.Allocate(call);
            using PTXCodeGenerator.CommandEmitter command = code.BeginCommand("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32");
            command.AppendVectorArgument(Parts(result));
            command.AppendVectorArgument(Parts(code.Load(call.Nodes[0])));
            command.AppendVectorArgument([code.LoadPrimitive(call.Nodes[1]), code.LoadPrimitive(call.Nodes[2])]);
            command.AppendVectorArgument(Parts(code.Load(call.Nodes[3])));
        }

        public static void LoadMatrix(PTXBackend backend, PTXCodeGenerator code, Value call)
        {
            Registers.HardwareRegister address = code.LoadHardware(call.Nodes[0]);
            Registers.Register result = code.Allocate(call);
            using PTXCodeGenerator.CommandEmitter command = code.BeginCommand("ldmatrix.sync.aligned.m8n8.x4.shared.b16");
            command.AppendVectorArgument(Parts(result));
            command.AppendArgumentValue(address);
        }

        public static void Copy(PTXBackend backend, PTXCodeGenerator code, Value call)
        {
            Registers.HardwareRegister shared = code.LoadHardware(call.Nodes[0]), global = code.LoadHardware(call.Nodes[1]);
            using PTXCodeGenerator.CommandEmitter command = code.BeginCommand("cp.async.cg.shared.global");
            command.AppendArgumentValue(shared);
            command.AppendArgumentValue(global);
            command.AppendConstant(16);
        }

        public static void CloseCopies(PTXBackend backend, PTXCodeGenerator code, Value call) => code.Command("cp.async.commit_group");

        public static void AwaitCopies(PTXBackend backend, PTXCodeGenerator code, Value call) => code.Command("cp.async.wait_group 0");

        private static Registers.PrimitiveRegister[] Parts(Registers.Register register) =>
            [.. ((Registers.CompoundRegister)register).Children.Select(part => (Registers.PrimitiveRegister)part)];
    }
}
