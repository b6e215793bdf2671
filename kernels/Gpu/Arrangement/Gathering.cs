using ILGPU;

namespace Fovea.Gpu.Arrangement;

/// <summary>Copies rows of a table that are chosen by numbers, and adds gradients to them.</summary>
public static class Gathering
{
    /// <summary>Copies an element a thread; of a number that is no row, NaN.</summary>
    /// <param name="table">rows × width.</param>
    /// <param name="numbers">Which rows.</param>
    /// <param name="y">One row a number.</param>
    /// <param name="count">How many elements <paramref name="y"/> has.</param>
    /// <param name="rows">Rows of the table.</param>
    /// <param name="width">Elements of a row.</param>
    public static void Forward(ArrayView<float> table, ArrayView<int> numbers, ArrayView<float> y, int count, int rows, int width)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int row = numbers[index / width];
        float value = float.NaN;
        if (row >= 0 && row < rows) value = table[(row * width) + (index % width)];
        y[index] = value;
    }

    /// <summary>Writes an element of a row of 0 with a 1 at the label, a thread for each.</summary>
    /// <param name="labels">Which class.</param>
    /// <param name="y">One row a label.</param>
    /// <param name="count">How many elements <paramref name="y"/> has.</param>
    /// <param name="classes">Elements of a row.</param>
    public static void OneHot(ArrayView<int> labels, ArrayView<float> y, int count, int classes)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        float value = 0f;
        if (labels[index / classes] == index % classes) value = 1f;
        y[index] = value;
    }

    /// <summary>
    /// Links the places of equal numbers in the order in which they stand. A thread owns every so many rows, so that no two write to one
    /// row's list and its order is always the same.
    /// </summary>
    /// <param name="numbers">Which rows.</param>
    /// <param name="links">Where each row's list begins, then each place's next one; −1 is the end.</param>
    /// <param name="count">How many numbers there are.</param>
    /// <param name="rows">Rows of the table.</param>
    /// <param name="threads">How many threads share the rows.</param>
    public static void Link(ArrayView<int> numbers, ArrayView<int> links, int count, int rows, int threads)
    {
        int thread = Grid.GlobalIndex.X;
        if (thread >= threads) return;
        for (int row = thread; row < rows; row += threads) links[row] = -1;
        for (int place = count - 1; place >= 0; place--)
        {
            int row = numbers[place];
            if (row < 0 || row >= rows || row % threads != thread) continue;
            links[rows + place] = links[row];
            links[row] = place;
        }
    }

    /// <summary>Adds up what arrives at an element of the table, a thread for each.</summary>
    /// <param name="links">What <see cref="Link"/> has made.</param>
    /// <param name="dy">One row a number.</param>
    /// <param name="dx">rows × width.</param>
    /// <param name="count">How many elements <paramref name="dx"/> has.</param>
    /// <param name="rows">Rows of the table.</param>
    /// <param name="width">Elements of a row.</param>
    public static void Backward(ArrayView<int> links, ArrayView<float> dy, ArrayView<float> dx, int count, int rows, int width)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        float sum = 0f;
        for (int place = links[index / width]; place >= 0; place = links[rows + place]) sum += dy[(place * width) + (index % width)];
        dx[index] = sum;
    }
}
