// The card of one group, and the pictures of a class's groups.

const mostShown = 24;

// A picture with its effect beneath it, and a link to its group if it is shown among others.
function figureOf(pictures, i, { o, value, link = true, wide = 44 }) {
  const picture = pictures[i];
  const node = element("figure", { className: "shot" }, pictured ? pictureButton(pictures, i, wide)
    : element("span", { className: "soft", textContent: picture.name }));
  const caption = element("figcaption", {}, element("span", { className: side(o, value), textContent: signed(value) }));
  if (link && picture.group != null) caption.append(groupLink(picture.group));
  node.append(caption);
  return node;
}

function sampleFigures(o, list, link = true) {
  const pictures = list.map(i => pictured ? samplePicture(i, o)
    : { name: sampleName(i), group: data.samples.groups[i] });
  return list.map((i, place) => figureOf(pictures, place, { o, value: data.samples.effects[o][i], link }));
}

// Shows a group and the effects of its single images on an objective, with one image marked.
function showGroup(g, objective = state.row, marked = -1, scroll = true) {
  Object.assign(state, { group: g, marked, groupObjective: objective });
  const card = at("group");
  card.hidden = false;
  at("group-title").textContent = groupName(g);
  at("group-facts").replaceChildren(`${groupPlace(g)} · `, effectOn(objective, effectAt(objective, g), noiseAt(objective, g)),
    ` by ${data.methods[state.method].title}`);
  at("group-select").replaceChildren(selectionBox(g));
  const figures = [["its synset", synsetPictures(g)], [`${realCount(g)} of its ${images(data.groups[g].size)}`, realPictures(g)]]
    .filter(([, pictures]) => pictures.length > 0)
    .map(([caption, pictures]) => element("figure", {}, pictureStrip(pictures, 56),
      element("figcaption", { className: "soft", textContent: caption })));
  at("group-images").replaceChildren(...figures);
  groupSamples();
  groupEffects();
  remember(`group=${g}`);
  if (scroll) card.scrollIntoView({ block: "nearest" });
}

function groupSamples() {
  const g = state.group, o = state.groupObjective;
  at("group-samples").hidden = !data.samples;
  if (!data.samples || g < 0) return;
  at("group-objective").value = o;
  const effects = sampleEffects(o), own = data.samples.ids.map((_, i) => i).filter(i => data.samples.groups[i] === g);
  at("group-open").disabled = own.length === 0;
  const note = own.length < data.groups[g].size ? `${own.length} of its ${data.groups[g].size} images are in this file.` : "";
  if (!effects) {
    at("group-samples-note").textContent = `${data.samples.method} has no effects on the ${objectiveName(o)}. ${note}`;
    at("group-samples-images").replaceChildren();
    return;
  }
  own.sort((a, b) => harm(o, effects[a]) - harm(o, effects[b]));
  const most = own.length > mostShown ? [...own.slice(0, mostShown / 2), ...own.slice(-mostShown / 2)] : own;
  if (own.includes(state.marked) && !most.includes(state.marked)) most.splice(mostShown / 2, 0, state.marked);
  const ends = most.length < own.length ? `, both ends of ${own.length}` : "";
  at("group-samples-note").textContent = `By ${data.samples.method}; the most helpful first${ends}. ${note}`;
  const figures = sampleFigures(o, most, false);
  if (most.includes(state.marked)) figures[most.indexOf(state.marked)].setAttribute("aria-current", "true");
  at("group-samples-images").replaceChildren(...figures);
}

function gallery() {
  if (!pictured) return;
  const chosen = data.images.classes[at("gallery-class").value];
  at("gallery").replaceChildren(...chosen.groups.map(g => {
    const effect = element("span", { className: "small" }, effectNode(0, effectAt(0, g), noiseAt(0, g)));
    const name = element("div", { className: "gallery-name" }, element("span", {}, selectionBox(g, groupName(g), true), groupLink(g)),
      effect);
    const strips = [synsetPictures(g), realPictures(g)].filter(pictures => pictures.length > 0).map(pictures => pictureStrip(pictures, 44));
    return element("div", { className: "gallery-row" }, name, ...strips);
  }));
  hint(at("gallery"));
}
