using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Stages;

/// <summary>
/// How far a method's effects lie from measured ones, on the groups for which both exist: the root mean square of the differences. Effects
/// on a group's own class are much larger than those on other classes, and so are their errors; each kind has an error of its own.
/// </summary>
internal sealed class ResidualErrors
{
    /// <summary>Fewer differences say nothing about the size of the next one.</summary>
    private const int LeastDifferences = 3;

    private readonly Dictionary<(ObjectiveKind, Scope), double> _errors;

    private ResidualErrors(Dictionary<(ObjectiveKind, Scope), double> errors) => _errors = errors;

    /// <summary>What a single effect is about.</summary>
    private enum Scope
    {
        /// <summary>All evaluation samples.</summary>
        Total,

        /// <summary>The group's own class.</summary>
        OwnClass,

        /// <summary>Another class.</summary>
        OtherClass,

        /// <summary>Single evaluation samples.</summary>
        Samples,
    }

    /// <summary>Compares a method's effects with measured ones.</summary>
    /// <param name="predicted">[O, R]: the method's, in the unit of the measured ones.</param>
    /// <param name="measured">[O, R]: the same objectives and groups.</param>
    /// <param name="classOf">[R]: the groups' classes.</param>
    public static ResidualErrors Measure(AttributionMatrix predicted, AttributionMatrix measured, int[] classOf)
    {
        var squares = new Dictionary<(ObjectiveKind, Scope), List<double>>();
        for (int o = 0; o < measured.Objectives.Count; o++)
        {
            var objective = Objective.Parse(measured.Objectives[o]);
            for (int i = 0; i < classOf.Length; i++)
            {
                double difference = predicted[o, i] - measured[o, i];
                (ObjectiveKind, Scope) key = (objective.Kind, ScopeOf(objective, classOf[i]));
                if (!squares.TryGetValue(key, out List<double>? known))
                    squares.Add(key, known = []);
                known.Add(difference * difference);
            }
        }

        return new ResidualErrors(squares.Where(entry => entry.Value.Count >= LeastDifferences)
            .ToDictionary(entry => entry.Key, entry => Math.Sqrt(entry.Value.Average())));
    }

    /// <summary>The error of one effect; null where too few effects of its kind were compared.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="classOf">The group's class.</param>
    /// <param name="groups">
    /// The number of groups that are removed together: their errors add up as those of independent numbers.
    /// </param>
    public double? Of(Objective objective, int classOf, int groups = 1)
        => _errors.TryGetValue((objective.Kind, ScopeOf(objective, classOf)), out double error) ? error * Math.Sqrt(groups) : null;

    private static Scope ScopeOf(Objective objective, int classOf)
        => objective.Samples is not null ? Scope.Samples
            : objective.Class is not int c ? Scope.Total
            : classOf == c || classOf == GroupTable.SeveralClasses ? Scope.OwnClass
            : Scope.OtherClass;
}
