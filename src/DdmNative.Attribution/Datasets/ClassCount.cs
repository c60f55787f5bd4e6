using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Infers the number of classes of a pair of splits if the format does not state it: the highest label plus one. Both splits must agree, so
/// that a damaged label above the real ones is detected in either split.
/// </summary>
internal static class ClassCount
{
    /// <summary>More classes than any image dataset has; a head of this width still fits in memory.</summary>
    public const int Most = 1 << 16;

    /// <summary>The fix for a class without samples.</summary>
    public const string NoSamples = "Number the classes from 0 without gaps, or correct the number of classes.";

    /// <param name="train">Training labels, not negative.</param>
    /// <param name="test">Test labels, not negative.</param>
    /// <param name="fieldOf">The name of a sample's label in its file, for messages.</param>
    /// <exception cref="BadInputException">The highest labels differ or exceed <see cref="Most"/>, or a class below them has no training
    /// sample.</exception>
    public static int Infer((string File, int[] Labels) train, (string File, int[] Labels) test, Func<int, string> fieldOf)
    {
        int trainMost = train.Labels.Max();
        int testMost = test.Labels.Max();
        (string file, int[] labels) = trainMost >= testMost ? train : test;
        string field = fieldOf(Array.IndexOf(labels, Math.Max(trainMost, testMost)));
        if (Math.Max(trainMost, testMost) >= Most)
            throw new BadInputException(file, field, $"label {Math.Max(trainMost, testMost)}", $"labels below {Most}",
                "Number the classes from 0.");
        if (trainMost != testMost)
            throw new BadInputException(file, field, $"label {Math.Max(trainMost, testMost)}, out of range",
                $"at most {Math.Min(trainMost, testMost)}, the highest label of the other split "
                + $"({(trainMost >= testMost ? test.File : train.File)})",
                "Correct the label; if a split really lacks the last classes, use npz with an entry 'classes'.");
        RequireAll(train.File, train.Labels, trainMost + 1);
        return trainMost + 1;
    }

    /// <summary>Rejects a class without a training sample: its output would only be trained as wrong.</summary>
    private static void RequireAll(string file, int[] labels, int classes)
    {
        var present = new bool[classes];
        foreach (int label in labels)
            present[label] = true;
        int missing = Array.IndexOf(present, false);
        if (missing < 0)
            return;
        int first = Array.IndexOf(present, true);
        throw first > 0 && Array.IndexOf(present, false, first) < 0
            ? new BadInputException(file, "labels", $"{first} to {classes - 1}", $"class numbers from 0 to {classes - first - 1}",
                $"Subtract {first} from the labels of both splits.")
            : new BadInputException(file, "labels", $"no training sample of class {missing}, of classes up to {classes - 1}",
                "samples of every class, numbered from 0 without gaps",
                "Number the classes without gaps; if the training set really lacks one, use npz with an entry 'classes'.");
    }
}
