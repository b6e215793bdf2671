namespace Fovea.Gpu.Convolution;

/// <summary>What one thread of a direct convolution computes: sizes that are known while compiling.</summary>
/// <param name="pixels">Neighbouring pixels.</param>
/// <param name="lanes">Neighbouring channels of the result: 1 to 4.</param>
public readonly struct DirectTile(int pixels, int lanes)
{
    /// <summary>Neighbouring pixels.</summary>
    public readonly int Pixels = pixels;

    /// <summary>Neighbouring channels of the result.</summary>
    public readonly int Lanes = lanes;
}

/// <summary>
/// How the threads of a direct convolution divide the result's channels, and where arranged weights lie: taps × channels that are
/// summed over × columns. A group has whole columns of lanes, so some may be left over at its end.
/// </summary>
/// <param name="groups">Independent parts of the channels; 1 where each channel is a part of its own and a thread has several.</param>
/// <param name="channels">Channels of the result in a group.</param>
/// <param name="depth">Channels that are summed over; 1 where each channel is a part of its own.</param>
/// <param name="lanes">Channels of a thread.</param>
public readonly struct DirectColumns(int groups, int channels, int depth, int lanes)
{
    /// <summary>Channels of the result in a group.</summary>
    public readonly int Channels = channels;

    /// <summary>Channels that are summed over.</summary>
    public readonly int Depth = depth;

    /// <summary>Threads beside each other for the channels of a group.</summary>
    public readonly int Across = (channels + lanes - 1) / lanes;

    /// <summary>Threads beside each other for all channels.</summary>
    public readonly int Count = groups * ((channels + lanes - 1) / lanes);

    /// <summary>Weights beside each other.</summary>
    public readonly int Pitch = groups * ((channels + lanes - 1) / lanes) * lanes;
}

/// <summary>The taps that pixels read, in arranged weights, and where the pixels' results go.</summary>
public struct DirectPlaces
{
    /// <summary>The first tap.</summary>
    public int Tap;

    /// <summary>How far taps below each other are apart.</summary>
    public int TapStepY;

    /// <summary>How far taps beside each other are apart.</summary>
    public int TapStepX;

    /// <summary>Where the first pixel's result goes.</summary>
    public int Target;

    /// <summary>How far the results of images are apart.</summary>
    public int ImageStep;

    /// <summary>How far the results of pixels below each other are apart.</summary>
    public int RowStep;

    /// <summary>How far the results of pixels beside each other are apart.</summary>
    public int PixelStep;
}
