using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Matching;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// Where a method gets its synset from: a finished stage of a run, or a distillation in memory (<see cref="DistilledSynsets"/>).
/// </summary>
public interface ISynsets
{
    /// <summary>The synset of a recipe that has a single one; of <see cref="SynsetRecipe.Phases"/>, that of the last phase.</summary>
    Synset Images(SynsetRecipe recipe);

    /// <summary>The synsets of all phases of training; empty for a recipe that has a single one.</summary>
    IReadOnlyList<PhaseSynset> Phases(SynsetRecipe recipe);

    /// <summary>The synset in feature space.</summary>
    FeatureSynset Features(SynsetRecipe recipe);
}
