using System.Reflection;
using Fovea.Compute;
using Fovea.Compute.Compiler;

namespace Fovea.Tests.ComputeTests.Compiler;

/// <summary>What the dialect does not have is refused with the kernel, the method, the line, and what to write instead.</summary>
internal sealed class RefusalTests
{
    [TestCase("HeapObject", "makes an object of the class List", "use structs")]
    [TestCase("AnArray", "uses an array", "stackalloc")]
    [TestCase("AnException", "throws an exception", "check on the host")]
    [TestCase("TryFinally", "finally", "no exceptions")]
    [TestCase("Recursion", "RefusalKernels.Factorial calls itself", "write a loop")]
    [TestCase("VirtualCall", "makes an object of the class Doubling", "use structs")]
    [TestCase("ADelegate", "delegate", "type parameter")]
    [TestCase("StaticField", "reads the static field Counter", "as a parameter")]
    [TestCase("StaticFieldWritten", "static field", "as a parameter")]
    [TestCase("AString", "object or a string", "numbers")]
    [TestCase("Checked", "checks for overflow", "unchecked")]
    [TestCase("LibraryFunction", "MathF.Sin has no C# body", "XMath")]
    [TestCase("FloatRemainder", "remainder of floats", "MathF.Truncate")]
    [TestCase("BarrierUnderBranch", "a barrier that only some threads", "not around the barrier")]
    [TestCase("BarrierAfterReturn", "a barrier that only some threads", "do not return before it")]
    [TestCase("BarrierInDivergentLoop", "a barrier that only some threads", "Let every thread")]
    [TestCase("IrreducibleLoop", "entered in its middle", "for, while or do")]
    [TestCase("SharedLengthNotKnown", "length of shared memory is not known", "constant")]
    [TestCase("ReferenceChosen", "chosen at run time", "values")]
    [TestCase("MixedMemory", "chosen at run time", "same kind of memory")]
    [TestCase("IndexOutside", "index 4 lies outside an array of 4 elements", "shorter")]
    [TestCase("UnrollNotKnown", "how often a loop of an [Unroll] method turns is not known", "constants")]
    [TestCase("InlineArrayUsed", "inline array Four", "stackalloc")]
    [TestCase("ClassParameter", "parameter 'name' is a String", "structs of numbers")]
    [TestCase("Boxing", "GetHashCode", "")]
    public void TheMessageSaysWhatWhereAndWhatInstead(string kernel, string what, string instead)
    {
        MethodInfo method = typeof(RefusalKernels).GetMethod(kernel)!;
        if (method.IsGenericMethod) method = method.MakeGenericMethod(typeof(SemanticsKernels.Pair));
        var exception = Assert.Throws<KernelCompilationException>(() => KernelCompiler.ToOpenCl(new KernelSource(method)));
        Assert.That(exception.Message, Does.StartWith($"Kernel RefusalKernels.{kernel}"));
        Assert.That(exception.Message, Does.Match(what.Replace("[", "\\[").Replace("]", "\\]")));
        Assert.That(exception.Message, Does.Match(instead));
        if (kernel != "ClassParameter") Assert.That(exception.Message, Does.Match(@"in \w+\.\w+ \(\w+\.cs, line \d+\)"));
        TestContext.Out.WriteLine(exception.Message);
    }

    [Test]
    public void AMethodThatIsNoKernelIsRefusedBeforeItIsCompiled()
    {
        MethodInfo plain = typeof(RefusalTests).GetMethod(nameof(AMethodThatIsNoKernelIsRefusedBeforeItIsCompiled))!;
        Assert.That(() => new KernelSource(plain), Throws.ArgumentException.With.Message.Contains("is no kernel"));
        MethodInfo open = typeof(SemanticsKernels).GetMethod("Specialised")!;
        Assert.That(() => new KernelSource(open), Throws.ArgumentException.With.Message.Contains("open type parameters"));
    }
}
