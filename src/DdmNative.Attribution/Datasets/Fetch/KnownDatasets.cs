namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// The datasets that are known by name. Sources of the checksums: for Fashion-MNIST, of the unpacked files, Debian's package
/// dataset-fashion-mnist; for Tiny-ImageNet, reports by independent users of the archive; for the others, TensorFlow Datasets' list for the
/// same files.
/// </summary>
public static class KnownDatasets
{
    public static IReadOnlyList<KnownDataset> All { get; } =
    [
        new("fashion-mnist", "60000 + 10000 grey images of clothes, 28×28, 10 classes",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
        [
            new("train-images-idx3-ubyte.gz", null, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            new("train-labels-idx1-ubyte.gz", null, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            new("t10k-images-idx3-ubyte.gz", null, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            new("t10k-labels-idx1-ubyte.gz", null, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ]),
        new("mnist", "60000 + 10000 grey images of handwritten digits, 28×28, 10 classes",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
        [
            new("train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            new("train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            new("t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            new("t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ]),
        new("kmnist", "60000 + 10000 grey images of handwritten Japanese, 28×28, 10 classes",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist",
        [
            new("train-images-idx3-ubyte.gz", "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            new("train-labels-idx1-ubyte.gz", "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            new("t10k-images-idx3-ubyte.gz", "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            new("t10k-labels-idx1-ubyte.gz", "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        ]),
        new("cifar-10", "50000 + 10000 colour photographs, 32×32, 10 classes", "https://www.cs.toronto.edu/~kriz",
            [new("cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            Root: "cifar-10-batches-bin")]),
        new("cifar-100", "50000 + 10000 colour photographs, 32×32, 100 classes", "https://www.cs.toronto.edu/~kriz",
            [new("cifar-100-binary.tar.gz", "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec", Root: "cifar-100-binary")]),
        new("tiny-imagenet", "100000 + 10000 colour photographs, 64×64, 200 classes", "http://cs231n.stanford.edu",
            [new("tiny-imagenet-200.zip", "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821", Root: "tiny-imagenet-200")]),
    ];

    /// <summary>All names, for messages.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(set => set.Name));

    /// <summary>The dataset with a name, or null.</summary>
    public static KnownDataset? Find(string name) => All.FirstOrDefault(set => set.Name == name);
}
