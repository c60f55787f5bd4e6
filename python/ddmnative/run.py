"""A run folder of ddm, read."""

import os

import numpy as np

from . import record as run_record
from . import safetensors, selector
from .arrays import Arrays, read_if_there
from .calibration import read_calibration
from .command import ddm as call
from .datasets import open_images
from .errors import NotFinished
from .exact import read_exact
from .findings import Findings
from .forgotten import Forgotten
from .groups import Group, Sample, read_samples
from .misclassified import read_misclassified
from .suspects import read_suspects
from .table import as_frame, long_table
from .totals import totals_of


def load(folder, data=None, ddm=None):
    """Opens a run folder.

    `data`: where the training data are now, if they have moved since (only for pictures). `ddm`: the program that `forget`, `attribute`
    and `validate` call; without it the environment variable DDM, or `ddm` in PATH.
    Raises NotARun, NotFinished (no attribution yet) or UnknownFormat (written by a newer version).
    """
    return Run(folder, data, ddm)


class Run:
    """A finished attribution. Effects are F(with the group) − F(without it), in the objective's unit: for a loss, negative helps.

    A objectives × groups array is [O, G] with the rows of `objectives` and the columns of `groups`.
    """

    def __init__(self, folder, data=None, ddm=None):
        self.folder = os.fspath(folder)
        self._data, self._program = data, ddm
        self.reload()

    def reload(self):
        """Reads the files again, after a command of ddm has changed them."""
        record = run_record.read(self.folder)
        run_record.require_finished(self.folder, record)
        findings = Findings(Arrays(os.path.join(self.folder, "attribution.npz")))
        self.record, self.findings = record, findings
        self.exact = read_exact(read_if_there(self.folder, "validation.npz"), findings)
        self.calibration = read_calibration(read_if_there(self.folder, "calibrated.npz"), findings)
        self._samples = self._images = None

    def __repr__(self):
        return f"<ddmnative.Run {self.folder}: {self.lead}, {len(self.groups)} groups, {len(self.objectives)} objectives>"

    # What was found

    @property
    def summary(self):
        """The summary of run.json as a dictionary: all that `ddm … --json` prints."""
        return self.record.get("summary") or {}

    @property
    def answer(self):
        """The finding in sentences, the answer first; empty for runs of older versions."""
        return list(self.summary.get("answer") or [])

    @property
    def accuracy(self):
        """The target's accuracy on the test images, 0 to 1."""
        return self.summary.get("test_accuracy")

    @property
    def methods(self):
        """The methods of attribution [A], as the job names them."""
        return list(self.findings.methods)

    @property
    def lead(self):
        """The method whose effects lead: the run's choice, or else the first."""
        name = self.summary.get("lead")
        return name if name in self.findings.methods else self.findings.methods[0]

    @property
    def objectives(self):
        """The objectives [O]: `loss`, `loss:class=3`, `accuracy`, …"""
        return list(self.findings.objectives)

    @property
    def class_names(self):
        """The names of the classes [K]; None if the data have none."""
        if self.findings.class_names is not None:
            return list(self.findings.class_names)
        known = {sample.label: sample.class_name for sample in self._all_samples() if sample.class_name}
        classes = (self.record.get("data") or {}).get("classes", 0)
        return [known.get(k, str(k)) for k in range(classes)] if known else None

    # Effects

    @property
    def attribution(self):
        """[O, G]: the lead method's effects as `attribution.npz` has them; `effects()` are calibrated where that is possible."""
        return self.findings.matrices[self.findings.index(self.lead)]

    def effects(self, method=None, calibrated=True):
        """[O, G]: the effects by a method (the lead for None), in real units by exact retrainings if there are any and `calibrated`."""
        return self._matrices(calibrated)[self.findings.index(method or self.lead)]

    @property
    def noise(self):
        """[O, G]: the size of effect that chance alone gives, in the units of `effects()`; NaN where unknown."""
        return self.noise_of()

    def noise_of(self, method=None, calibrated=True):
        """The noise of `effects(method, calibrated)`."""
        noise = self.calibration.noise if calibrated and self.calibration else self.findings.noise
        return noise[self.findings.index(method or self.lead)]

    @property
    def target_value(self):
        """[O]: the target's own value of every objective; NaN for runs of older versions."""
        return self.findings.target_value

    def totals(self, objective=None, method=None):
        """Effects of your own groups as a whole, whatever their class: a list of Total, the most harmful first; empty without names."""
        a, o = self.findings.index(method or self.lead), self.findings.objective(objective)
        shown, factor = (self.findings, 1.0) if self.calibration is None else (self.calibration, float(self.calibration.factors[a]))
        totals = totals_of(self.findings, a, o, shown.matrices, shown.noise, factor)
        return sorted(totals, key=lambda total: -self._harm(objective) * total.effect)

    def most_harmful(self, count=5, objective=None):
        """The groups without which the objective (the first for None) would be better by most: a list of Group."""
        return [self.groups[g] for g in self._by_harm(objective)[:count]]

    def most_helpful(self, count=5, objective=None):
        """The groups without which the objective (the first for None) would be worse by most: a list of Group."""
        return [self.groups[g] for g in self._by_harm(objective)[::-1][:count]]

    def effect(self, group, objective=None):
        """The effect of one group (Group or number) on one objective (the first for None), as in `effects()`."""
        return float(self.effects()[self.findings.objective(objective), _number(group)])

    def table(self):
        """All effects in long form, as a dictionary of numpy columns: method, objective, group, …, effect, noise, calibrated, exact."""
        return long_table(self)

    def frame(self):
        """The same as a pandas.DataFrame; an ImportError says so if pandas is missing."""
        return as_frame(self.table())

    # Groups and images

    @property
    def groups(self):
        """The groups [G] by number: a list of Group."""
        findings = self.findings
        names = self.class_names
        return [
            Group(g, findings.names[g] if findings.names else None, int(k), names[k] if names and k >= 0 else None,
                  int(findings.clusters[g]), int(findings.sizes[g]))
            for g, k in enumerate(findings.classes)
        ]

    def samples(self, group=None):
        """The training samples of a group (Group or number; all for None): a list of Sample with the index and file in the data."""
        samples = self._all_samples()
        if group is None:
            return list(samples)
        number = _number(group)
        if not 0 <= number < len(self.findings.sizes):
            raise KeyError(f"group {number} is not in this run, which has groups 0 to {len(self.findings.sizes) - 1}")
        granularity = self.record["job"].get("attribution", {}).get("granularity", "group")
        if granularity == "sample":
            return [samples[number]]
        if granularity == "class":
            return [sample for sample in samples if sample.label == int(self.findings.classes[number])]
        return [sample for sample in samples if sample.group == number]

    def sample_effects(self, objective=None):
        """[N]: the effect of every single training image on an objective (the first for None), by the job's cheap method."""
        arrays = read_if_there(self.folder, os.path.join("attribution", "samples.npz"))
        if arrays is None:
            raise NotFinished(f"{self.folder}: found no effects of single images, expected attribution/samples.npz. "
                              f"Run: ddm attribute --run {self.folder} --samples grad-dot")
        objectives = [str(name) for name in arrays["objectives"]]
        return arrays["matrix"][objectives.index(objective or objectives[0])]

    def suspects(self, count=None):
        """Training images that are most likely mislabelled, the most suspicious first (all for None); empty if the run lists none."""
        return read_suspects(self.folder)[:count]

    @property
    def misclassified(self):
        """Wrong test images and their causes, a Misclassified; None if the run has not computed them."""
        return read_misclassified(read_if_there(self.folder, os.path.join("attribution", "misclassified.npz")))

    def picture(self, sample):
        """The picture of a training sample: [H, W], or [H, W, 3] in colour. NoData says why if it cannot be read."""
        if self._images is None:
            self._images = open_images(os.fspath(self._data or self.record["job"]["data"]["source"]))
        return self._images.image(sample if isinstance(sample, Sample) else self._all_samples()[sample])

    def pictures(self, group, count=None):
        """The pictures of a group's first `count` samples (all for None): a list."""
        return [self.picture(sample) for sample in self.samples(group)[:count]]

    # Commands

    def forget(self, what, method="block:1", out=None, **options):
        """A model that has forgotten groups: a number, a Group, a selector like "class=3,cluster=2" or "name=annotator-5", or a list.

        `method`: block:K or head retrain the upper layers, `all` retrains everything and is exact (`ddm unlearn --help`). `out`: where the
        model is written, too; `options`: further ones of ddm. Returns a Forgotten. Raises DdmFailed with ddm's message.
        """
        result = call("unlearn", *selector.arguments(what), program=self._program, run=self.folder, method=method, out=out, **options)
        path = os.path.join(self.folder, "unlearned.safetensors")
        tensors, metadata = safetensors.read(path)
        self.reload()
        return Forgotten(tensors, metadata, result["unlearned"], os.fspath(out) if out else path, self.target[0])

    def attribute(self, method=None, **options):
        """Runs `ddm attribute` with a method (the run's for None) and further options, e.g. objectives=["accuracy"]; reads the result."""
        call("attribute", program=self._program, run=self.folder, method=method, **options)
        self.reload()

    def validate(self, count, **options):
        """Runs `ddm validate`: retrains without `count` groups (or "all"); `exact` then has their effects."""
        call("validate", program=self._program, run=self.folder, count=count, **options)
        self.reload()

    @property
    def target(self):
        """The trained network: (tensors under PyTorch's names, metadata)."""
        return safetensors.read(os.path.join(self.folder, "target.safetensors"))

    def _all_samples(self):
        if self._samples is None:
            self._samples = read_samples(self.folder)
        return self._samples

    def _matrices(self, calibrated):
        return self.calibration.matrices if calibrated and self.calibration else self.findings.matrices

    def _harm(self, objective):
        """+1 if a positive effect is a harm (a loss), −1 if a negative one is (accuracy, margin, logit)."""
        return 1 if self.findings.objectives[self.findings.objective(objective)].startswith("loss") else -1

    def _by_harm(self, objective):
        row = self.effects()[self.findings.objective(objective)]
        return np.argsort(-self._harm(objective) * row, kind="stable")


def _number(group):
    return group.number if isinstance(group, Group) else int(group)
