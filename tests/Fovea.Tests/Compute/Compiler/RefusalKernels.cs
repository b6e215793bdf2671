using System.Runtime.CompilerServices;
using Fovea.Compute.Dialect;

#pragma warning disable IDE0005, CA1822, IDE0044

namespace Fovea.Tests.ComputeTests.Compiler;

/// <summary>One kernel for each thing that the dialect does not have.</summary>
internal static class RefusalKernels
{
    private static int Counter;

    public interface IScale
    {
        float Apply(float x);
    }

    [Kernel]
    public static void HeapObject(ArrayView<float> x) => x[0] = new List<int>().Capacity;

    [Kernel]
    public static void AnArray(ArrayView<float> x)
    {
        float[] values = new float[4];
        x[0] = values[1];
    }

    [Kernel]
    public static void AnException(ArrayView<float> x)
    {
        if (x.Length < 3) throw new ArgumentException("too short");
        x[0] = 1;
    }

    [Kernel]
    public static void TryFinally(ArrayView<float> x)
    {
        try
        {
            x[0] = 1;
        }
        finally
        {
            x[1] = 1;
        }
    }

    [Kernel]
    public static void Recursion(ArrayView<float> x) => x[0] = Factorial((int)x[1]);

    private static int Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

    [Kernel]
    public static void VirtualCall(ArrayView<float> x)
    {
        IScale scale = new Doubling();
        x[0] = scale.Apply(x[0]);
    }

    [Kernel]
    public static void ADelegate(ArrayView<float> x)
    {
        Func<float, float> twice = static v => 2 * v;
        x[0] = twice(x[0]);
    }

    [Kernel]
    public static void StaticField(ArrayView<float> x) => x[0] = Counter;

    [Kernel]
    public static void StaticFieldWritten(ArrayView<float> x) => Counter = (int)x[0];

    [Kernel]
    public static void AString(ArrayView<float> x) => x[0] = "four".Length;

    [Kernel]
    public static void Checked(ArrayView<int> x) => x[0] = checked(x[1] + x[2]);

    [Kernel]
    public static void LibraryFunction(ArrayView<float> x) => x[0] = MathF.Sin(x[1]);

    [Kernel]
    public static void FloatRemainder(ArrayView<float> x) => x[0] = x[1] % x[2];

    [Kernel]
    public static void BarrierUnderBranch(ArrayView<float> x)
    {
        if (Group.IdxX < 7)
        {
            x[Group.IdxX] = 1;
            Group.Barrier();
        }
    }

    [Kernel]
    public static void BarrierAfterReturn(ArrayView<float> x)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= x.Length) return;
        x[i] = 1;
        Group.Barrier();
        x[i] = 2;
    }

    [Kernel]
    public static void BarrierInDivergentLoop(ArrayView<float> x)
    {
        for (int i = 0; i < (int)x[Group.IdxX]; i++)
        {
            Group.Barrier();
            x[i] = i;
        }
    }

    [Kernel]
    public static void IrreducibleLoop(ArrayView<int> x)
    {
        int i = x[0];
        if (i > 3) goto middle;
    top:
        i++;
    middle:
        i += x[1];
        if (i < 100) goto top;
        x[0] = i;
    }

    [Kernel]
    public static void SharedLengthNotKnown(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(n);
        shared[0] = x[0];
        x[1] = shared[0];
    }

    [Kernel]
    public static void ReferenceChosen(ArrayView<float> x)
    {
        float a = x[0], b = x[1];
        ref float chosen = ref x[2] > 0 ? ref a : ref b;
        chosen = 3;
        x[0] = a;
        x[1] = b;
    }

    [Kernel]
    public static void MixedMemory(ArrayView<float> x)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(8);
        ArrayView<float> chosen = x.Length > 5 ? x : shared;
        chosen[0] = 1;
    }

    [Kernel]
    public static void IndexOutside(ArrayView<float> x)
    {
        Span<float> four = stackalloc float[4];
        for (int i = 0; i <= 4; i++) four[i] = x[i];
        x[0] = four[2];
    }

    [Kernel]
    public static void UnrollNotKnown(ArrayView<float> x, int n) => x[0] = SumOf(x, n);

    [Unroll]
    private static float SumOf(ArrayView<float> x, int n)
    {
        float sum = 0;
        for (int i = 0; i < n; i++) sum += x[i];
        return sum;
    }

    [Kernel]
    public static void InlineArrayUsed(ArrayView<float> x)
    {
        Four four = default;
        x[0] = four[1];
    }

    [Kernel]
    public static void ClassParameter(ArrayView<float> x, string name) => x[0] = 1;

    [Kernel]
    public static void Boxing<T>(ArrayView<float> x, T value)
        where T : unmanaged => x[0] = value.GetHashCode();

    public sealed class Doubling : IScale
    {
        public float Apply(float x) => 2 * x;
    }

    [InlineArray(4)]
    public struct Four
    {
        private float first;
    }
}
