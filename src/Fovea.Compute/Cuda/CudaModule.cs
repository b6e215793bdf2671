using System.Text;
using Fovea.Compute.Compiler;
using static Fovea.Compute.Cuda.CudaNumbers;

namespace Fovea.Compute.Cuda;

/// <summary>Loads modules: from PTX, or from the machine code that the driver has made of it before.</summary>
internal static unsafe class CudaModule
{
    private const int LogBytes = 16 << 10;

    /// <summary>Loads machine code.</summary>
    /// <returns>The module; 0 if the driver does not take it.</returns>
    public static nint FromBinary(CudaContext context, byte[] binary)
    {
        if (binary.Length == 0) return 0;
        nint module;
        fixed (byte* image = binary) return context.Driver.cuModuleLoadData(&module, image) == 0 ? module : 0;
    }

    /// <summary>Compiles and loads PTX.</summary>
    /// <param name="context">The device's context, which is current.</param>
    /// <param name="compiled">The text.</param>
    /// <param name="kernel">The kernel's name.</param>
    /// <param name="binary">The machine code, to be kept; empty if the driver does not give it away.</param>
    /// <exception cref="CudaException">The driver's compiler refuses the text; the message has its log, with lines of PTX and C#.</exception>
    public static nint FromText(CudaContext context, CompiledKernel compiled, string kernel, out byte[] binary)
    {
        ICudaDriver driver = context.Driver;
        byte[] text = Encoding.UTF8.GetBytes(compiled.Text + '\0'), log = new byte[2 * LogBytes];
        nint module = 0;
        fixed (byte* ptx = text, errors = log)
        {
            int* names = stackalloc int[] { ErrorLog, ErrorLogSize, InfoLog, InfoLogSize };
            void** values = stackalloc void*[] { errors, (void*)LogBytes, errors + LogBytes, (void*)LogBytes };
            (int code, string call) = Link(driver, ptx, text.Length, names, values, out binary);
            if (code is NotSupported or CompilerNotFound or CompilationDisabled)
            {
                (code, call) = (driver.cuModuleLoadDataEx(&module, ptx, 4, names, values), nameof(driver.cuModuleLoadDataEx));
            }
            else if (code == 0)
            {
                fixed (byte* image = binary) (code, call) = (driver.cuModuleLoadData(&module, image), nameof(driver.cuModuleLoadData));
            }
            if (code == 0) return module;
            string said = $"{Text(log.AsSpan(0, LogBytes))}\n{Text(log.AsSpan(LogBytes))}".Trim();
            throw new CudaException(driver, code, call, context.Name, kernel,
                said.Length == 0 ? "The driver gives no log." : BuildLog.WithSourceLines(said, compiled.Lines, compiled.Text));
        }
    }

    // The driver's own linker is what gives the machine code away.
    private static (int Code, string Call) Link(ICudaDriver driver, byte* text, int length, int* names, void** values, out byte[] binary)
    {
        binary = [];
        nint state = 0;
        try
        {
            int code = driver.cuLinkCreate(4, names, values, &state);
            if (code != 0) return (code, nameof(driver.cuLinkCreate));
            fixed (byte* name = "kernel.ptx\0"u8) code = driver.cuLinkAddData(state, InputPtx, text, (nuint)length, name, 0, null, null);
            if (code != 0) return (code, nameof(driver.cuLinkAddData));
            void* image;
            nuint bytes;
            code = driver.cuLinkComplete(state, &image, &bytes);
            if (code == 0) binary = new ReadOnlySpan<byte>(image, (int)bytes).ToArray();
            return (code, nameof(driver.cuLinkComplete));
        }
        catch (EntryPointNotFoundException)
        {
            return (NotSupported, nameof(driver.cuLinkCreate));
        }
        finally
        {
            if (state != 0) _ = driver.cuLinkDestroy(state);
        }
    }

    private static string Text(ReadOnlySpan<byte> log)
    {
        int end = log.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? log : log[..end]);
    }
}
