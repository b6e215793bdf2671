using System.Reflection;
using Fovea.Gpu.Mathematics;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Values;

namespace Fovea.Gpu.Devices.Operations;

/// <summary>Operations that ILGPU 1.5.3 lacks or writes wrongly, registered through its public extension points.</summary>
internal static class DeviceOperations
{
    private const IntrinsicImplementationMode Generate = IntrinsicImplementationMode.GenerateCode;

    /// <summary>Registers them with a context that is being built.</summary>
    public static void Register(Context.Builder builder)
    {
        IntrinsicImplementationManager manager = builder.GetIntrinsicManager();
        Register(manager, typeof(KernelMath).GetMethod(nameof(KernelMath.FusedMultiplyAdd))!, nameof(PtxOperations.FusedMultiplyAdd));
        Register(manager, typeof(KernelGroup).GetMethod(nameof(KernelGroup.Barrier))!, nameof(PtxOperations.Barrier));
        // Sums and products are rounded as they stand: the assembler contracts what does not say so.
        Register(manager, BinaryArithmeticKind.Add, nameof(PtxOperations.Add));
        Register(manager, BinaryArithmeticKind.Sub, nameof(PtxOperations.Subtract));
        Register(manager, BinaryArithmeticKind.Mul, nameof(PtxOperations.Multiply));
        Register(manager, BinaryArithmeticKind.CopySignF, nameof(PtxOperations.CopySign));
    }

    private static void Register(IntrinsicImplementationManager manager, MethodInfo method, string name)
    {
        manager.RegisterMethod(method, new PTXIntrinsic(typeof(PtxOperations), name, Generate));
        manager.RegisterMethod(method, new CLIntrinsic(typeof(OpenClOperations), name, Generate));
    }

    private static void Register(IntrinsicImplementationManager manager, BinaryArithmeticKind kind, string name) =>
        manager.RegisterBinaryArithmetic(kind, BasicValueType.Float32, new PTXIntrinsic(typeof(PtxOperations), name, Generate));
}
