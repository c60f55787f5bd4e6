using System.Security.Cryptography;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// The class names of public datasets whose files only number the classes. A dataset is recognised by the labels of either split, whatever
/// its folder is called and however its files are packed.
/// </summary>
public static class KnownClassNames
{
    private static readonly string[] FashionMnist
        = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <summary>By the SHA-256 of a split's labels, a byte for each sample.</summary>
    private static readonly Dictionary<string, string[]> ByLabels = new()
    {
        // train-labels-idx1-ubyte and t10k-labels-idx1-ubyte without their headers; names from github.com/zalandoresearch/fashion-mnist.
        ["657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7"] = FashionMnist,
        ["3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9"] = FashionMnist,
    };

    /// <summary>[classes]: the names of the classes; null if neither split is one of a known dataset.</summary>
    /// <param name="train">The labels of all training samples, as read.</param>
    /// <param name="test">The same for the test samples.</param>
    /// <param name="classes">The number of classes.</param>
    public static IReadOnlyList<string>? Of(int[] train, int[] test, int classes)
    {
        string[]? names = Find(train) ?? Find(test);
        return names?.Length == classes ? names : null;
    }

    private static string[]? Find(int[] labels)
        => Array.TrueForAll(labels, label => label is >= 0 and <= byte.MaxValue)
            ? ByLabels.GetValueOrDefault(Convert.ToHexStringLower(SHA256.HashData(Array.ConvertAll(labels, label => (byte)label)))) : null;
}
