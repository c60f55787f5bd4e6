using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>
/// <c>validation/wave-NNN.npz</c>: models of exact retraining that were trained together, with the key of the stage they belong to. A wave that is damaged, of other settings, or there twice
/// counts as absent, and its number is given to the wave that takes its place.
/// </summary>
/// <param name="context">The stage.</param>
/// <param name="seeds">The seeds that are retrained.</param>
/// <param name="models">Models of each seed.</param>
internal sealed class RetrainedWaves(StageContext context, IReadOnlyList<ulong> seeds, int models)
{
    private const string FolderName = "validation", Pattern = "wave-*.npz";

    private readonly SortedDictionary<string, RetrainedWave> _waves = new(StringComparer.Ordinal);

    /// <summary>The waves that are whole.</summary>
    public IReadOnlyList<RetrainedWave> Whole => [.. _waves.Values];

    /// <summary>Their files, in order.</summary>
    public IReadOnlyList<string> Files => [.. _waves.Keys];

    /// <summary>The models in them.</summary>
    public int Models => _waves.Values.Sum(wave => wave.Members.Length);

    /// <summary>Reads what is there.</summary>
    /// <param name="onDamaged">Told the name of each file that is of this stage but cannot be used.</param>
    public void Restore(Action<string>? onDamaged = null)
    {
        _waves.Clear();
        foreach (string name in Present())
        {
            try
            {
                if (Read(name) is RetrainedWave wave)
                    _waves.Add(name, wave);
            }
            catch (BadInputException)
            {
                onDamaged?.Invoke(name);
            }
        }
    }

    /// <summary>Keeps a wave.</summary>
    public void Keep(RetrainedWave wave)
    {
        string name = Enumerable.Range(0, _waves.Count + 1).Select(NameOf).First(free => !_waves.ContainsKey(free));
        Npz.Write(context.PathFor(name),
            ("key", new NpyArray(new[] { context.Key }, 1)),
            ("seed", new NpyArray(new[] { wave.Seed }, 1)),
            ("members", new NpyArray(wave.Members, wave.Members.Length)),
            ("logits", new NpyArray(wave.Logits, wave.Members.Length, wave.Logits.Length / wave.Members.Length)));
        _waves.Add(name, wave);
    }

    /// <summary>Removes what other settings have left.</summary>
    public void RemoveOthers()
    {
        foreach (string name in Present().Where(name => !_waves.ContainsKey(name)))
            File.Delete(context.Folder.PathOf(name));
    }

    private IEnumerable<string> Present()
    {
        string folder = context.Folder.PathOf(FolderName);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, Pattern).Select(path => $"{FolderName}/{Path.GetFileName(path)}").Order(StringComparer.Ordinal) : [];
    }

    /// <summary>The wave of a file; null where it is one of other settings.</summary>
    /// <exception cref="BadInputException">It is damaged, or holds models that there are not, or that another wave has.</exception>
    private RetrainedWave? Read(string name)
    {
        NpzContents file = Npz.Read(context.Folder.PathOf(name));
        if (file.Elements<string>("key") is not [string key] || key != context.Key)
            return null;
        int[] members = file.Elements<int>("members");
        float[] logits = file.Elements<float>("logits");
        int length = context.Inputs.Test.Count * context.Inputs.Train.Classes;
        bool fits = file.Elements<ulong>("seed") is [ulong seed] && seeds.Contains(seed) && members.Length > 0 && members.Distinct().Count() == members.Length
            && members.All(member => member >= 0 && member < models) && logits.Length == (long)members.Length * length
            && !_waves.Values.Any(wave => wave.Seed == seed && wave.Members.Intersect(members).Any());
        return fits
            ? new RetrainedWave(file.Elements<ulong>("seed")[0], members, logits)
            : throw new BadInputException(file.File, "members", string.Join(", ", members), "models of this stage that no other wave has", "Leave it to ddm to train them again.");
    }

    private static string NameOf(int wave) => string.Create(CultureInfo.InvariantCulture, $"{FolderName}/wave-{wave:D3}.npz");
}
