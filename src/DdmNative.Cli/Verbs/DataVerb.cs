using CommandLine;
using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("data",
    HelpText = "Download public datasets by name, list them, or check an existing dataset: data fetch NAME, data list, data verify DIR.")]
internal sealed class DataVerb : VerbOptions
{
    [Value(0, Required = true, MetaName = "ACTION",
        HelpText = "fetch NAME downloads a dataset into the cache, where --data NAME finds it, or with --to into a folder; list shows "
            + "the available datasets and those that are already downloaded; verify DIR (or NAME) checks files by their SHA-256.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "NAME",
        HelpText = "fashion-mnist, mnist, kmnist, cifar-10, cifar-100 or tiny-imagenet; with --mirror any name, for the files in the "
            + "mirror's SHA256SUMS; with verify also a folder.")]
    public string? Name { get; set; }

    [Option("mirror", MetaValue = "URL",
        HelpText = "The folder that contains the files: http://…, https://…, file:///… or a path. A user name and password in it "
            + "(https://USER:PASSWORD@…) are sent only to that server, and are never printed. Default: the publisher's.")]
    public string? Mirror { get; set; }

    [Option("to", MetaValue = "DIR",
        HelpText = "The folder for the dataset. Default: its folder in the cache, $DDM_DATA or ~/.cache/ddm/data.")]
    public string? To { get; set; }

    [Option("sha256", MetaValue = "FILE",
        HelpText = "A list of checksums, in the format of sha256sum, to use instead of the known ones. Default: the known ones, or the "
            + "mirror's SHA256SUMS.")]
    public string? Checksums { get; set; }

    [Option("no-verify", HelpText = "Accept files without checking their checksums.")]
    public bool NoVerify { get; set; }

    [Option("timeout", Default = 60.0, MetaValue = "S",
        HelpText = "Seconds without data before the connection is treated as broken and tried again.")]
    public double Timeout { get; set; }

    [Option("retries", Default = 5, MetaValue = "N", HelpText = "How many further tries in a row may fail to bring any data.")]
    public int Retries { get; set; }

    public override void Execute(CancellationToken stop)
    {
        string[] ofFetch = ["mirror", "to", "sha256", "no-verify", "timeout", "retries"];
        if (Action is "list" or "verify" && ofFetch.FirstOrDefault(Given.Contains) is string option)
            throw new BadUsageException($"--{option}: `ddm data fetch` has this option, `ddm data {Action}` does not; remove it.");
        switch (Action, Name)
        {
            case ("list", null):
                List();
                break;
            case ("fetch", string name):
                Fetch(name, stop);
                break;
            case ("verify", string folder):
                Verify(DatasetCache.Resolve(folder), stop);
                break;
            default:
                throw new BadUsageException(
                    $"data: found '{string.Join(' ', new[] { Action, Name }.OfType<string>().Select(MirrorAddress.Hide))}', expected fetch "
                    + $"NAME, list, or verify DIR.");
        }
    }

    private void Fetch(string name, CancellationToken stop)
    {
        if (!(Timeout > 0 && Timeout <= 86_400))
            throw new BadUsageException($"--timeout: found {Timeout}, expected a number of seconds above 0.");
        if (Retries is < 0 or > 1000)
            throw new BadUsageException($"--retries: found {Retries}, expected a whole number from 0 to 1000.");
        var request = new FetchRequest
        {
            Mirror = Mirror,
            Folder = To,
            Manifest = Checksums,
            Verifies = !NoVerify,
            Download = new DownloadOptions { Silence = TimeSpan.FromSeconds(Timeout), Attempts = Retries + 1 },
        };
        using ProgressView progress = ProgressView.For(Log);
        string folder = DatasetFetch.Run(name, request, progress, stop);
        progress.Dispose();
        if (Json)
            JsonResult.Write(new { name, folder });
        else
            Console.Out.WriteLine($"{name} is in {folder}; use it with --data {(To is null ? name : folder)}");
    }

    private void List()
    {
        if (Json)
        {
            JsonResult.Write(new
            {
                cache = DatasetCache.FolderIfAny,
                data_sets = KnownDatasets.All.Select(
                set => new { name = set.Name, title = set.Title, mirror = set.Mirror, fetched = DatasetCache.Holds(set.Name),
                files = set.Files.Select(file => new { name = file.Name, sha256 = file.Sha256, unpacked_sha256 = file.UnpackedSha256 }) }),
            });
            return;
        }

        int width = KnownDatasets.All.Max(set => set.Name.Length) + 2;
        foreach (KnownDataset set in KnownDatasets.All)
        {
            Console.Out.WriteLine($"{set.Name.PadRight(width)}{set.Title}{(DatasetCache.Holds(set.Name) ? "; fetched" : "")}");
            Console.Out.WriteLine($"{new string(' ', width)}{set.Mirror}: {string.Join(", ", set.Files.Select(file => file.Name))}");
        }

        string cache = DatasetCache.FolderIfAny ?? $"none, because there is no home folder; set {DatasetCache.Variable} to one";
        Console.Out.WriteLine($"Cache: {cache}");
    }

    private void Verify(string folder, CancellationToken stop)
    {
        string checkedBy = DatasetCheck.Run(folder, stop);
        if (Json)
            JsonResult.Write(new { folder, verified = checkedBy });
        else
            Console.Out.WriteLine($"{folder}: {checkedBy}.");
    }
}
