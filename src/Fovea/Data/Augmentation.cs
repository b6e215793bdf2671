using System.Buffers;
using System.Globalization;
using Fovea.Core.Random;
using Fovea.Diagnostics;

namespace Fovea.Data;

/// <summary>
/// Random changes to training images that leave their class what it is, applied one after another. What happens to an image is a
/// pure function of the seed, the epoch and the image's index.
/// </summary>
public sealed class Augmentation
{
    private const ulong Stream = 0xD3UL << 56;

    private readonly (string Name, int Amount)[] steps;

    private Augmentation((string Name, int Amount)[] steps) => this.steps = steps;

    /// <summary>Changes nothing.</summary>
    public static Augmentation None { get; } = new([]);

    /// <summary>What <see cref="Parse"/> understands: each form with what it does.</summary>
    public static IReadOnlyList<(string Form, string Effect)> Known { get; } =
    [
        ("flip", "mirrors every other image left to right"),
        ("shift:N", "moves the image up to N pixels along each axis (1 to 64), black coming in"),
        ("crop:N", "mirrors N pixels over each edge (1 to 64) and cuts the old size out at random"),
        ("rotate:N", "turns the image up to N degrees (1 to 45) either way, black coming in"),
    ];

    /// <summary>Whether this changes nothing.</summary>
    public bool IsNone => steps.Length == 0;

    /// <summary>Reads a list such as "flip,shift:2,crop:4,rotate:10"; an empty one or "none" changes nothing.</summary>
    /// <exception cref="FormatException">A name is unknown or an amount is missing, superfluous or out of range.</exception>
    public static Augmentation Parse(string list)
    {
        string trimmed = list.Trim();
        return trimmed is "" or "none" ? None : new([.. trimmed.Split(',').Select(word => ParseStep(word.Trim()))]);
    }

    /// <summary>Gives the list that <see cref="Parse"/> reads.</summary>
    public override string ToString() =>
        IsNone ? "none" : string.Join(',', steps.Select(step => step.Amount == 0 ? step.Name : $"{step.Name}:{step.Amount}"));

    /// <summary>Changes one image.</summary>
    /// <param name="pixels">Height × width × channels bytes.</param>
    /// <param name="shape">The size of the image.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="epoch">The epoch, from 0 on.</param>
    /// <param name="index">The image's index in its set.</param>
    /// <param name="destination">Takes the changed image; it must not overlap the pixels.</param>
    /// <exception cref="ArgumentException">A span does not have the image's length.</exception>
    public void Apply(ReadOnlySpan<byte> pixels, ImageShape shape, ulong seed, int epoch, int index, Span<byte> destination)
    {
        if (pixels.Length != shape.Length || destination.Length != shape.Length)
            throw new ArgumentException($"Expected {shape.Length} bytes and room for them, got {pixels.Length} and {destination.Length}.");
        pixels.CopyTo(destination);
        if (IsNone)
            return;
        var random = new RandomStream(seed, Stream | ((ulong)(uint)epoch & 0xFFFFFF) << 32 | (uint)index);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(shape.Length);
        Span<byte> before = buffer.AsSpan(0, shape.Length);
        foreach ((string name, int amount) in steps)
        {
            if (name == "flip" && random.NextInt32(2) == 0)
                continue;
            destination.CopyTo(before);
            if (name == "flip")
                AugmentationSteps.Flip(before, shape, destination);
            else if (name == "rotate")
                AugmentationSteps.Rotate(before, shape, random.NextSingle(-amount, amount), destination);
            else
            {
                int down = random.NextInt32((2 * amount) + 1) - amount, right = random.NextInt32((2 * amount) + 1) - amount;
                AugmentationSteps.Move(before, shape, down, right, name == "crop", destination);
            }
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static (string Name, int Amount) ParseStep(string word)
    {
        string name = word.Split(':')[0];
        int largest = name switch { "flip" => 0, "shift" or "crop" => 64, "rotate" => 45, _ => -1 };
        if (largest == 0 && word == name)
            return (name, 0);
        if (largest > 0 && word.Length > name.Length
            && int.TryParse(word.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int amount)
            && amount >= 1 && amount <= largest)
            return (name, amount);

        string known = string.Join("; ", Known.Select(entry => $"{entry.Form} {entry.Effect}"));
        throw new FormatException(
            $"'{word}' is no augmentation.{(largest < 0 ? NearestName.Question(name, ["flip", "shift", "crop", "rotate"]) : "")} "
                + $"Known are: {known}.");
    }
}
