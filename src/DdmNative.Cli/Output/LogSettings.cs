namespace DdmNative.Cli.Output;

/// <summary>How a command reports its work on standard error.</summary>
/// <param name="Level">The level of detail.</param>
/// <param name="Json">Whether each line is a JSON object; otherwise lines are text.</param>
internal sealed record LogSettings(LogLevel Level, bool Json)
{
    public const string LevelOption = "log-level", FormatOption = "log-format", JsonFormat = "json", TextFormat = "text";

    /// <summary>Reads the options; null for those that are not given.</summary>
    /// <exception cref="BadUsageException">There is no such level or format, or <c>--quiet</c> contradicts the level.</exception>
    public static LogSettings From(string? level, string? format, bool quiet)
    {
        if (level is not null && !Names.Contains(level))
            throw new BadUsageException($"--{LevelOption}: found '{level}', expected one of {string.Join(", ", Names)}.");
        if (format is not (null or TextFormat or JsonFormat))
            throw new BadUsageException($"--{FormatOption}: found '{format}', expected {TextFormat} or {JsonFormat}.");
        if (quiet && level is not (null or "error"))
            throw new BadUsageException(
                $"--quiet means --{LevelOption} error, but --{LevelOption} {level} was also given; remove one of them.");
        LogLevel chosen = quiet ? LogLevel.Error : level is null ? LogLevel.Info : (LogLevel)Array.IndexOf(Names, level);
        return new LogSettings(chosen, format == JsonFormat);
    }

    /// <summary>The names of the levels, in the order of <see cref="LogLevel"/>.</summary>
    public static string[] Names { get; } = [.. Enum.GetNames<LogLevel>().Select(name => name.ToLowerInvariant())];
}
