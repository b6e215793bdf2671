using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fovea.Gpu.Devices;

/// <summary>
/// The names that devices have: a kind, and for cards a number behind a colon, 0 if there is none. It is apart from
/// <see cref="GpuDevices"/>, since programs without the just-in-time compiler tell names too.
/// </summary>
internal static class GpuDeviceName
{
    /// <summary>ILGPU's CPU accelerator.</summary>
    public const string Debug = "debug";

    /// <summary>Reads a name.</summary>
    /// <param name="name">The name, such as <c>cuda</c>, <c>opencl:1</c> or <c>debug</c>.</param>
    /// <param name="full">The name with its number, such as <c>cuda:0</c>.</param>
    /// <returns>Whether a device can be called so, here or on another machine.</returns>
    public static bool TryParse(string name, [NotNullWhen(true)] out string? full)
    {
        full = name == Debug ? name : null;
        string[] parts = name.Split(':');
        if (parts[0] is not ("cuda" or "opencl") || parts.Length > 2) return full is not null;
        int index = 0;
        if (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)) return false;
        full = string.Create(CultureInfo.InvariantCulture, $"{parts[0]}:{index}");
        return true;
    }
}
