namespace Fovea.Compute.Compiler;

/// <summary>The types of numbers in kernels.</summary>
public enum ScalarType
{
    /// <summary>A truth value.</summary>
    Bool,

    /// <summary>8 bits, in memory only.</summary>
    Int8,

    /// <summary>8 bits without sign, in memory only.</summary>
    UInt8,

    /// <summary>16 bits, in memory only.</summary>
    Int16,

    /// <summary>16 bits without sign, in memory only.</summary>
    UInt16,

    /// <summary>32 bits; whether they have a sign is up to the operation.</summary>
    Int32,

    /// <summary>64 bits; whether they have a sign is up to the operation.</summary>
    Int64,

    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>Double precision.</summary>
    Float64,
}

/// <summary>What a parameter of a compiled kernel receives.</summary>
public enum KernelParameterKind
{
    /// <summary>A view's buffer (an OpenCL memory object).</summary>
    Buffer,

    /// <summary>Where the view begins in its buffer: bytes, 64 bits.</summary>
    Offset,

    /// <summary>The address of the view's first element (a CUDA pointer).</summary>
    Pointer,

    /// <summary>How many elements the view has: 32 bits.</summary>
    Length,

    /// <summary>A number, or a field of a struct.</summary>
    Scalar,
}

/// <summary>A parameter of a compiled kernel. What a kernel does not use has no parameter.</summary>
/// <param name="Kind">What it receives.</param>
/// <param name="Argument">The index of the launch argument it comes from.</param>
/// <param name="ByteOffset">For a scalar, where it lies in that argument's bytes.</param>
/// <param name="Type">For a scalar, its type.</param>
public readonly record struct KernelParameter(KernelParameterKind Kind, int Argument, int ByteOffset, ScalarType Type);

/// <summary>A kernel as text for a device's own compiler.</summary>
/// <param name="EntryPoint">Its name in the text.</param>
/// <param name="Text">OpenCL C or PTX.</param>
/// <param name="GroupSize">Threads of a group.</param>
/// <param name="SharedBytes">Shared memory of a group.</param>
/// <param name="Parameters">What it takes, in order.</param>
/// <param name="Lines">For each line of the text, the C# line it comes from ("File.cs:12"), or null.</param>
public sealed record CompiledKernel(
    string EntryPoint, string Text, Dim3 GroupSize, int SharedBytes, IReadOnlyList<KernelParameter> Parameters, IReadOnlyList<string?> Lines);

/// <summary>A kernel uses what the dialect does not have. The message says what, where, and what to write instead.</summary>
public sealed class KernelCompilationException(string message, Exception? inner = null) : Exception(message, inner);
