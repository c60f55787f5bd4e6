using System.Globalization;
using Xunit.Sdk;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>
/// SIGKILL at random moments: of one command after the other, from a fresh folder each, one to four processes in a row are killed; then it
/// is let come to its end, and what it leaves is held against the folder of a command that nobody disturbed. Every other moment is drawn
/// evenly from the time that the command takes, the others from its stages, one after the other in random order.
/// </summary>
/// <param name="folder">For the runs.</param>
/// <param name="seed">Decides the moments.</param>
/// <param name="say">Told a line for each kill.</param>
internal sealed class Kills(string folder, int seed, Action<string> say)
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, Undisturbed> _undisturbed = [];
    private readonly SortedSet<string> _hit = new(StringComparer.Ordinal);
    private int _done;

    /// <summary>Kills so many processes.</summary>
    /// <exception cref="XunitException">A command that was killed did not come to the same end.</exception>
    public void Run(int count)
    {
        IReadOnlyList<SurvivalJob> jobs = SurvivalJob.All(folder);
        for (int round = 0; _done < count; round++)
        {
            // The command with every stage three times out of four.
            SurvivalJob job = round % 4 == 3 ? jobs[1 + round / 4 % (jobs.Count - 1)] : jobs[0];
            Round(job, round, Math.Min(count - _done, 1 + (_random.Next(3) == 0 ? _random.Next(1, 4) : 0)));
        }

        say(string.Create(CultureInfo.InvariantCulture,
            $"{_done} kills (seed {seed}), in {_hit.Count} places: {string.Join(", ", _hit)}. "
            + $"All gave the bits of the undisturbed run."));
    }

    private void Round(SurvivalJob job, int round, int chain)
    {
        Undisturbed whole = WholeOf(job);
        string run = Path.Combine(folder, $"{job.Name}-{round}");
        string? moment = null;
        while (true)
        {
            using var process = new DisturbedProcess(job.In(run));
            string? killed = chain > 0 ? Kill(process, whole) : null;
            int? code = killed is null ? process.Finish() : null;
            if (moment is not null)
                say($"{moment}; the next start said: {FoundBy(process)}");
            if (code is int ended)
            {
                Require(ended == 0, job, round, $"exit code {ended}: {string.Join('\n', process.Lines.TakeLast(5))}");
                break;
            }

            chain--;
            moment = string.Create(CultureInfo.InvariantCulture, $"kill {++_done} (seed {seed}, round {round}): {job.Name}, {killed}");
        }

        // Where the process was faster than its killer there was no kill, and the folder is held to the same.
        IReadOnlyList<string> different = Outcome.Differences(whole.Files, Outcome.Of(run));
        Require(different.Count == 0, job, round, "other bytes in " + string.Join(", ", different));
        Directory.Delete(run, recursive: true);
    }

    /// <summary>Kills the process at a random moment and says which; null where it came to its end first.</summary>
    private string? Kill(DisturbedProcess process, Undisturbed whole)
    {
        if (_random.Next(2) == 0)
        {
            double moment = _random.NextDouble() * whole.Seconds;
            if (!process.KillAfter(moment))
                return null;
        }
        else
        {
            (string stage, double seconds) = Draw(whole);
            if (!process.WaitFor(stage) || !process.KillAfter(_random.NextDouble() * seconds))
                return null;
        }

        string place = process.Stage ?? "start";
        _hit.Add(place);
        return string.Create(CultureInfo.InvariantCulture, $"after {process.Seconds:0.00} s in {place}");
    }

    /// <summary>A stage that was not drawn before, until all were.</summary>
    private (string Stage, double Seconds) Draw(Undisturbed whole)
    {
        if (whole.Waiting.Count == 0)
        {
            (string Stage, double Seconds)[] order = [.. whole.Stages];
            _random.Shuffle(order);
            Array.ForEach(order, whole.Waiting.Enqueue);
        }

        return whole.Waiting.Dequeue();
    }

    /// <summary>The lines in which a start says what it has found; a run within a run has one of its own.</summary>
    private static string FoundBy(DisturbedProcess next)
    {
        string[] found = [.. next.Lines.Where(line => line.Contains("Resuming: ", StringComparison.Ordinal)
            || line.EndsWith("stages are finished.", StringComparison.Ordinal) || line.Contains("half-written", StringComparison.Ordinal))];
        return found.Length == 0 ? "nothing, for nothing was there" : string.Join(" ", found);
    }

    private Undisturbed WholeOf(SurvivalJob job)
    {
        if (_undisturbed.TryGetValue(job.Name, out Undisturbed? known))
            return known;
        string run = Path.Combine(folder, job.Name + "-whole");
        using var process = new DisturbedProcess(job.In(run));
        int code = process.Finish();
        if (code != 0)
            throw new XunitException($"{job.Name}, undisturbed: exit code {code}: {string.Join('\n', process.Lines.TakeLast(5))}");
        double seconds = process.Seconds;
        string[] stages = [.. process.Lines.Select(DisturbedProcess.StageOf).OfType<string>()];
        var whole = new Undisturbed(seconds, [.. stages.Select(stage => (stage, SecondsOf(process.Lines, stage)))], Outcome.Of(run));
        _undisturbed.Add(job.Name, whole);
        say(string.Create(CultureInfo.InvariantCulture,
            $"{job.Name}, undisturbed: {stages.Length} stages, {whole.Files.Count} files, {seconds:0.0} s"));
        return whole;
    }

    /// <summary>"online:head: 0.3 s"; the terminal's tenths are near enough to place a kill.</summary>
    private static double SecondsOf(IReadOnlyList<string> lines, string stage)
    {
        string? line = lines.FirstOrDefault(line => line.StartsWith(stage + ": ", StringComparison.Ordinal)
            && line.EndsWith(" s", StringComparison.Ordinal));
        return line is not null && double.TryParse(line[(stage.Length + 2)..^2], CultureInfo.InvariantCulture, out double seconds)
            ? seconds + 0.05 : 0.05;
    }

    private void Require(bool holds, SurvivalJob job, int round, string what)
    {
        if (!holds)
            throw new XunitException($"Seed {seed}, round {round}, {job.Name}: {what} ({Path.Combine(folder, $"{job.Name}-{round}")})");
    }

    private sealed record Undisturbed(double Seconds, IReadOnlyList<(string Stage, double Seconds)> Stages,
        Dictionary<string, byte[]> Files)
    {
        public Queue<(string Stage, double Seconds)> Waiting { get; } = [];
    }
}
