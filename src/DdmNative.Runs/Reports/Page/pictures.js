// Pictures of images, and the dialog that enlarges one. A picture is an object with its place on a sheet:
// { sheet, width, height, columns, index, name, class, group, facts }, where facts are more lines [term, text or node] of the dialog.

// Features of any model have no pictures.
const pictured = data.images.classes.length > 0;
const placeOfGroup = new Map();
for (const entry of data.images.classes) entry.groups.forEach((g, row) => placeOfGroup.set(g, { entry, row }));
const realCount = g => Math.min(data.images.real, data.groups[g].size);

// A tile with the picture, so many pixels wide; a small image is enlarged by a whole factor, so that its pixels stay square.
function tile(picture, wide, label = "") {
  const factor = wide / picture.width, zoom = factor >= 2 ? Math.floor(factor + 0.25) : factor;
  const node = element("span", { className: "image" });
  if (label) { node.setAttribute("role", "img"); node.setAttribute("aria-label", label); } else node.setAttribute("aria-hidden", "true");
  const { width, height, columns, index } = picture, column = index % columns, row = Math.floor(index / columns);
  if (factor >= 2) node.classList.add("whole");
  node.style.cssText = `width:${width * zoom}px;height:${height * zoom}px;background-image:url(${picture.sheet});`
    + `background-position:${-column * width * zoom}px ${-row * height * zoom}px;background-size:${columns * width * zoom}px auto`;
  return node;
}

// A button with the picture that enlarges it; the arrow keys then move among its neighbours.
function pictureButton(pictures, index, wide) {
  const picture = pictures[index];
  const node = element("button", { type: "button", className: "picture", title: picture.name }, tile(picture, wide));
  node.setAttribute("aria-label", `Enlarge ${picture.name}`);
  node.addEventListener("click", () => enlarge(pictures, index));
  return node;
}

function pictureStrip(pictures, wide) {
  return element("span", { className: "strip" }, ...pictures.map((_, i) => pictureButton(pictures, i, wide)));
}

// ---------------------------------------------------------------------------------------------------------------------- which pictures

function sheetPicture(g, column, more) {
  const { entry, row } = placeOfGroup.get(g), columns = data.images.synset + data.images.real;
  return { sheet: entry.picture, width: data.images.width, height: data.images.height, columns, index: row * columns + column,
    class: data.groups[g].class, group: g, ...more };
}

function synsetPictures(g) {
  if (!pictured) return [];
  return Array.from({ length: data.images.synset }, (_, i) =>
    sheetPicture(g, i, { name: `synthetic image ${i + 1} of ${groupName(g)}`,
      facts: () => [["kind", "synthetic: distilled from its group"]] }));
}

const placeOfSample = new Map(data.samples?.ids.map((id, i) => [id, i]));

function realPictures(g, most = data.images.real) {
  if (!pictured) return [];
  const { entry, row } = placeOfGroup.get(g);
  return Array.from({ length: Math.min(most, realCount(g)) }, (_, i) => {
    const id = entry.ids[row][i];
    return sheetPicture(g, data.images.synset + i,
      { name: imageName(id, entry.files?.[row][i]), facts: () => sampleFacts(placeOfSample.get(id), state.groupObjective) });
  });
}

const sampleName = i => imageName(data.samples.ids[i], data.samples.files?.[i]);
const sampleEffects = o => data.samples?.effects[o];

// The effect of a single image, if this file has it.
function sampleFacts(i, o) {
  const value = i == null ? null : sampleEffects(o)?.[i];
  return value == null ? [] : [["effect", effectOn(o, value)], ["by", data.samples.method]];
}

const effectOn = (o, value, noise) => element("span", {}, effectNode(o, value, noise), ` on the ${objectiveName(o)}`);

function samplePicture(i, o = state.row) {
  const { from, columns, picture } = data.samples.pictures.findLast(entry => entry.from <= i), g = data.samples.groups[i];
  return { sheet: picture, width: data.samples.width, height: data.samples.height, columns, index: i - from, name: sampleName(i),
    class: data.samples.classes[i], group: g, sample: i, objective: o, facts: () => sampleFacts(i, o) };
}

// ---------------------------------------------------------------------------------------------------------------------- the dialog

const viewer = { pictures: [], index: 0 };

function enlarge(pictures, index) {
  Object.assign(viewer, { pictures, index });
  const picture = pictures[index], most = Math.min(320, innerWidth - 96);
  at("viewer-picture").replaceChildren(tile(picture, most, picture.name));
  at("viewer-title").textContent = picture.name;
  const facts = [...(picture.class == null ? [] : [["class", className(picture.class)]]),
    ...(picture.group == null || data.granularity === "class" ? [] : [["group", groupName(picture.group)]]),
    ...(picture.facts?.() ?? [])];
  at("viewer-facts").replaceChildren(...facts.flatMap(([term, text]) =>
    [element("dt", { textContent: term }), element("dd", {}, text)]));
  at("viewer-open").hidden = picture.group == null;
  if (picture.group != null) at("viewer-open").textContent = `Open ${groupName(picture.group)}`;
  at("viewer-previous").hidden = at("viewer-next").hidden = pictures.length < 2;
  if (!at("viewer").open) at("viewer").showModal();
}

const turn = by => {
  const { pictures, index } = viewer;
  enlarge(pictures, (index + by + pictures.length) % pictures.length);
};
at("viewer-previous").addEventListener("click", () => turn(-1));
at("viewer-next").addEventListener("click", () => turn(1));
at("viewer-close").addEventListener("click", () => at("viewer").close());
at("viewer-open").addEventListener("click", () => {
  const { group, objective, sample } = viewer.pictures[viewer.index];
  at("viewer").close();
  showGroup(group, objective ?? state.groupObjective, sample ?? -1);
});
at("viewer").addEventListener("keydown", event => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by) { turn(by); event.preventDefault(); }
});
// A click beside the dialog's content closes it.
at("viewer").addEventListener("click", event => { if (event.target === at("viewer")) at("viewer").close(); });
