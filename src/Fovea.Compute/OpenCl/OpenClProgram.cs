using System.Text;
using Fovea.Compute.Compiler;
using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>Builds programs from text, or from what the driver made of a text before.</summary>
internal static unsafe class OpenClProgram
{
    /// <summary>Builds a kernel's text.</summary>
    /// <exception cref="OpenClException">The driver's compiler refuses it; the message has its log, with C# lines.</exception>
    public static ProgramHandle FromText(OpenClDevice device, ContextHandle context, CompiledKernel compiled, string kernel)
    {
        byte[] text = Encoding.UTF8.GetBytes(compiled.Text);
        ProgramHandle program;
        fixed (byte* pointer = text)
        {
            nuint length = (nuint)text.Length;
            program = clCreateProgramWithSource(context, 1, &pointer, &length, out int error);
            OpenClException.Check(error, device.Info.Name, kernel, nameof(clCreateProgramWithSource));
        }
        int code = Build(device, program);
        if (code == 0) return program;
        string log = BuildLog.WithSourceLines(Log(device, program), compiled.Lines);
        program.Dispose();
        throw new OpenClException(code, nameof(clBuildProgram), device.Info.Name, kernel, log);
    }

    /// <summary>Builds from the driver's own binary; null if the driver does not take it any more.</summary>
    public static ProgramHandle? FromBinary(OpenClDevice device, ContextHandle context, byte[] binary)
    {
        if (binary.Length == 0) return null;
        fixed (byte* pointer = binary)
        {
            nint handle = device.Handle;
            nuint length = (nuint)binary.Length;
            int status = 0;
            ProgramHandle program = clCreateProgramWithBinary(context, 1, &handle, &length, &pointer, &status, out int error);
            if (error == 0 && status == 0 && Build(device, program) == 0) return program;
            program.Dispose();
            return null;
        }
    }

    /// <summary>What the driver made of a program; empty if it does not tell.</summary>
    public static byte[] Binary(ProgramHandle program)
    {
        nuint length;
        if (clGetProgramInfo(program, ProgramBinarySizes, (nuint)sizeof(nuint), &length, null) != 0) return [];
        byte[] binary = new byte[length];
        fixed (byte* pointer = binary) return length > 0 && clGetProgramInfo(program, ProgramBinaries, (nuint)sizeof(nint), &pointer, null) == 0 ? binary : [];
    }

    private static int Build(OpenClDevice device, ProgramHandle program)
    {
        nint handle = device.Handle;
        return clBuildProgram(program, 1, &handle, device.BuildOptions, 0, 0);
    }

    private static string Log(OpenClDevice device, ProgramHandle program)
    {
        nuint length;
        if (clGetProgramBuildInfo(program, device.Handle, ProgramBuildLog, 0, null, &length) != 0 || length == 0) return "The driver gives no log.";
        byte[] log = new byte[length];
        fixed (byte* pointer = log) _ = clGetProgramBuildInfo(program, device.Handle, ProgramBuildLog, length, pointer, null);
        return Encoding.UTF8.GetString(log);
    }
}
