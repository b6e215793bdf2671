using Fovea.Ops;

namespace Fovea.Verification.Float64;

/// <summary>Softmax and what is measured with it, in double precision.</summary>
internal static class Float64Losses
{
    public static double[] Softmax(double[] x, int classes, bool logarithm)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double logarithmOfY = x[i] - LogSum(x, i / classes, classes);
            y[i] = logarithm ? logarithmOfY : Math.Exp(logarithmOfY);
        }
        return y;
    }

    /// <summary>dx_i = y_i (dy_i − Σ y_j dy_j), or with logarithms dx_i = dy_i − e^y_i · Σ dy_j.</summary>
    public static double[] SoftmaxGradientOp(double[] y, double[] dy, int classes, bool logarithm)
    {
        double[] dx = new double[y.Length];
        for (int i = 0; i < y.Length; i++)
        {
            int first = i / classes * classes;
            double sum = 0;
            for (int j = first; j < first + classes; j++) sum += logarithm ? dy[j] : y[j] * dy[j];
            dx[i] = logarithm ? dy[i] - (Math.Exp(y[i]) * sum) : y[i] * (dy[i] - sum);
        }
        return dx;
    }

    public static double[] CrossEntropy(CrossEntropyOp op, double[] x, double[] labels, int classes)
    {
        double loss = 0;
        for (int i = 0; i < x.Length; i++) loss -= Target(op, labels, i, classes) * (x[i] - LogSum(x, i / classes, classes));
        return [op.Mean ? loss / labels.Length : loss];
    }

    public static double[] CrossEntropyGradient(CrossEntropyOp op, double[] x, double[] labels, double arriving, int classes)
    {
        double[] dx = Softmax(x, classes, logarithm: false);
        for (int i = 0; i < dx.Length; i++) dx[i] = arriving * (dx[i] - Target(op, labels, i, classes)) / (op.Mean ? labels.Length : 1);
        return dx;
    }

    public static double[] CorrectCountOp(double[] x, double[] labels, int classes)
    {
        double correct = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            double[] logits = x[(row * classes)..((row + 1) * classes)];
            if (Array.IndexOf(logits, logits.Max()) == labels[row]) correct++;
        }
        return [correct];
    }

    private static double Target(CrossEntropyOp op, double[] labels, int i, int classes)
    {
        double smoothing = op.LabelSmoothing;
        return (smoothing / classes) + (labels[i / classes] == i % classes ? 1 - smoothing : 0);
    }

    private static double LogSum(double[] x, int row, int classes)
    {
        double[] logits = x[(row * classes)..((row + 1) * classes)];
        double max = logits.Max();
        return max + Math.Log(logits.Sum(value => Math.Exp(value - max)));
    }
}
