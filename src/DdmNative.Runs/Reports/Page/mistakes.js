// From a mistake to its causes: a test image that the model takes for another class, and the training images that made it so.

const mistakePictures = () => data.mistakes.list.map((mistake, i) => ({
  ...data.mistakes.tests, sheet: data.mistakes.tests.picture, index: i, class: mistake.label,
  name: imageName(mistake.test, mistake.file, data.test_source), group: null,
  facts: () => [["taken for", className(mistake.predicted)], ["probability", percent(mistake.probability)]],
}));

const percent = share => `${(100 * share).toFixed(share > 0.995 ? 1 : 0)} %`;

function trainingPicture(k, effect, mistake) {
  const { images: sheet } = data.mistakes;
  return { ...sheet, sheet: sheet.picture, index: k, class: sheet.labels[k], group: sheet.groups[k],
    name: imageName(sheet.ids[k], sheet.files?.[k]),
    facts: () => [["effect", element("span", { className: effect < 0 ? "harms" : "helps",
      textContent: `${signed(effect)} on the margin of ${imageName(mistake.test, mistake.file, data.test_source)}` })]] };
}

function mistakes() {
  at("mistakes-card").hidden = !data.mistakes;
  if (!data.mistakes) return;
  const { list, total, method } = data.mistakes;
  at("mistakes-note").textContent = `${list.length} test images that the model takes for another class`
    + `${list.length < total ? `, of ${total} that were examined` : ""}, the most confident mistake first. Choose one to see which `
    + `training images made it so, by ${method}.`;
  const pictures = pictured ? mistakePictures() : [];
  at("mistakes").replaceChildren(...list.map((mistake, i) => {
    const name = imageName(mistake.test, mistake.file, data.test_source);
    const node = element("button", { type: "button", className: "mistake", title: name }, ...(pictured ? [tile(pictures[i], 44)] : []),
      element("span", { textContent: pictured ? `→ ${className(mistake.predicted)}` : name }));
    node.setAttribute("aria-label", `${name}, ${className(mistake.label)}, taken for ${className(mistake.predicted)}`);
    node.addEventListener("click", () => showMistake(i));
    return node;
  }));
  showMistake(0, false);
}

function showMistake(i, told = true) {
  const mistake = data.mistakes.list[i];
  [...at("mistakes").children].forEach((node, place) => node.setAttribute("aria-pressed", String(place === i)));
  const name = imageName(mistake.test, mistake.file, data.test_source);
  at("mistake-title").textContent = `${className(mistake.label)}, taken for ${className(mistake.predicted)}`;
  at("mistake-facts").textContent = `${name} · the model gives ${className(mistake.predicted)} ${percent(mistake.probability)}`;
  at("mistake-picture").replaceChildren(...(pictured ? [pictureButton(mistakePictures(), i, 112)] : []));
  for (const [id, list, sign] of [["mistake-against", mistake.made, "harms"], ["mistake-for", mistake.opposed, "helps"]]) {
    const pictures = list.map(([k, effect]) => trainingPicture(k, effect, mistake));
    at(id).replaceChildren(...list.map(([, effect], place) => {
      const caption = element("figcaption", {}, element("span", { className: sign, textContent: signed(effect) }),
        element("span", { textContent: className(pictures[place].class) }), groupLink(pictures[place].group));
      return element("figure", { className: "shot" }, pictured ? pictureButton(pictures, place, 56)
        : element("span", { className: "soft", textContent: pictures[place].name }), caption);
    }));
    if (list.length === 0) at(id).append(element("p", { className: "soft", textContent: "None." }));
  }
  at("mistake-groups").replaceChildren("By group: ", ...mistake.groups.flatMap(([g, effect], place) =>
    [...(place ? [", "] : []), groupLink(g), " ", element("span", { className: effect < 0 ? "harms" : "helps",
      textContent: signed(effect) })]), ".");
  if (told) remember(`mistake=${mistake.test}`);
}
