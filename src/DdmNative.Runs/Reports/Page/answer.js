// What the page leads with: the finding as a sentence, with the pictures of its group beneath it; then what harms; then the user's own
// groups.

// The group that a sentence names, and whose pictures belong to it; for single images, the image.
function subjectOf(sentence) {
  const named = /\(group (\d+)\)/.exec(sentence);
  if (named) return { group: Number(named[1]) };
  const told = [summary.most_helpful?.[0], summary.most_harmful?.[0]];
  if (data.granularity === "sample") {
    const end = told.findIndex(one => one && sentence.includes(`image ${one.group} (`));
    return end >= 0 && data.samples ? { sample: [data.samples.helpful, data.samples.harmful][end][0][0] } : {};
  }
  if (data.granularity === "class")
    return { group: told.find(one => one && [`${one.size} ${one.class_name} image`, `of class ${one.class} `]
      .some(text => sentence.includes(text)))?.group };
  return { own: (summary.own_groups ?? []).find(own => sentence.includes(`images of ${own.name} `))?.name };
}

// A typographic minus before a number, and no line break within what belongs together.
const typeset = sentence => sentence.replace(/\(-(?=\d)/g, "(−").replace(/ %\)/g, "\u00a0%)").replace(/\(group /g, "(group\u00a0");

function finding(sentence, first) {
  const { group, sample, own } = subjectOf(sentence), words = element("div", { className: "words" });
  words.append(element(first ? "h1" : "p", { className: "sentence", textContent: typeset(sentence) }));
  let shown = [];
  if (data.groups[group]) {
    words.append(...evidence(group, first));
    shown = realPictures(group, first ? 8 : 6);
  } else if (sample != null && pictured) shown = [samplePicture(sample, 0)];
  else if (own != null) {
    const some = groupsOfName.get(own);
    words.append(element("div", { className: "actions" },
      button("Show its groups", () => showInHeat(own), first ? "primary" : ""), selectionBox(some)));
    shown = some.flatMap(g => realPictures(g, Math.ceil(8 / some.length))).slice(0, first ? 8 : 6);
  }
  return element("div", { className: first ? "finding first" : "finding" }, words,
    ...(shown.length ? [pictureStrip(shown, first && innerWidth > 640 ? 84 : 56)] : []));
}

// What a group does, and what one can do with it.
function evidence(g, first) {
  const facts = element("p", { className: "facts" });
  facts.append(element("b", { textContent: groupName(g) }), ` · ${groupPlace(g)} · `,
    effectOn(0, effectAt(0, g, lead), noiseAt(0, g, lead)));
  return [facts, element("div", { className: "actions" },
    button(`Open ${groupName(g)}`, () => showGroup(g, 0), first ? "primary" : ""), selectionBox(g))];
}

function answer() {
  const sentences = summary.answer?.length ? summary.answer : ["No effects of groups are known yet."];
  at("answer").replaceChildren(...sentences.map((sentence, i) => finding(sentence, i === 0)));
  const { title } = data.methods[lead];
  at("answer-by").textContent = summary.lead_reason ?? `By ${title}.`;
}

// ---------------------------------------------------------------------------------------------------------------------- own groups

// The user's own names that have groups in several classes: all groups removed together if a method did that, otherwise the sum.
function totalOf(o, name, method = state.method) {
  const t = data.totals?.names.indexOf(name) ?? -1;
  if (t >= 0) return { value: data.totals.effects[method][o][t], noise: data.totals.noise[method][o][t], by: data.totals.by[method] };
  const own = groupsOfName.get(name);
  return { value: own.reduce((sum, g) => sum + effectAt(o, g, method), 0), noise: noiseOfSum(own.map(g => noiseAt(o, g, method))),
    by: "sum" };
}

const ownNames = [...groupsOfName.keys()];
const spansClasses = ownNames.some(spans);

function ownGroups() {
  at("own-card").hidden = !spansClasses;
  if (!spansClasses) return;
  const lines = ownNames.map(name => ({ name, groups: groupsOfName.get(name), ...totalOf(0, name, lead) }))
    .sort((a, b) => harm(0, b.value) - harm(0, a.value));
  const summed = lines.some(line => line.by === "sum");
  at("own-note").textContent = `What each of your own groups does to the ${objectiveName(0)}, the most harmful first, by `
    + `${data.methods[lead].title}${summed ? "; the sum of its effects in each class" : "; all of it removed at once"}.`;
  fill(at("own"), ["", "your group", "images", "classes", "effect"], lines.map(({ name, groups, value, noise }) => [
    selectionBox(groups, name), button(name, () => showInHeat(name), "link"),
    String(groups.reduce((sum, g) => sum + data.groups[g].size, 0)), String(new Set(groups.map(g => data.groups[g].class)).size),
    effectNode(0, value, noise),
  ]));
}
