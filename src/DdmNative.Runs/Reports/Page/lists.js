// Tables: the most helpful and the most harmful groups, and the methods.

// Shows a note while a box contains more than is visible.
const boxSizes = new ResizeObserver(changes => { for (const { target } of changes) hint(target.closest(".scroll, .gallery-rows")); });

function hint(box) {
  const known = box.nextElementSibling?.classList.contains("more") ? box.nextElementSibling : null;
  if (box.scrollWidth <= box.clientWidth + 1) known?.remove();
  else if (!known) box.after(element("p", { className: "more", textContent: "There is more to the right: scroll sideways to see it." }));
}

for (const box of document.querySelectorAll(".scroll, .gallery-rows")) for (const node of [box, ...box.children]) boxSizes.observe(node);

const textColumns = new Set(["", "examples", "group", "your group", "class", "method", "stage"]);

// Fills a table. A column without a title has a title for screen readers only.
function fill(table, titles, rows) {
  table.replaceChildren();
  const style = title => `${textColumns.has(title) ? "" : "number "}${title.replaceAll(" ", "-")}`, head = table.createTHead().insertRow();
  for (const title of titles) {
    const node = element("th", { scope: "col", className: style(title), textContent: title });
    if (title === "") node.append(element("span", { className: "unseen", textContent: "selected" }));
    head.append(node);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((cell, i) => {
      const node = line.insertCell();
      node.className = style(titles[i]);
      node.append(cell);
    });
  }
}

// The class beneath the group's name, unless that has it.
function nameAndClass(g) {
  const node = element("div", {}, groupLink(g)), own = className(data.groups[g].class);
  if (!groupName(g).endsWith(own)) node.append(element("span", { className: "soft small block", textContent: own }));
  return node;
}

function extremes() {
  const o = state.objective, row = matrix()[o], exact = data.exact?.[o];
  const order = [...allGroups].sort((a, b) => harm(o, row[a]) - harm(o, row[b]) || a - b);
  const withExact = exact?.some(value => value != null), examples = realPictures(order[0], 3).length + synsetPictures(order[0]).length > 0;
  const line = g => [
    selectionBox(g, groupName(g), true), ...(examples ? [pictureStrip(realPictures(g, 3), 32)] : []), nameAndClass(g),
    String(data.groups[g].size), effectNode(o, row[g], noiseAt(o, g)),
    ...(withExact ? [withNoise(exact[g], data.exact_noise?.[o][g])] : []),
  ];
  // Two disjoint lists: if there are few groups each list has half of them, and the sign of the middle group decides which list it belongs
  // to.
  let half = Math.floor(order.length / 2);
  if (order.length % 2 === 1 && harm(o, row[order[half]]) <= 0) half++;
  const titles = ["", ...(examples ? ["examples"] : []), "group", "images", "effect", ...(withExact ? ["exact"] : [])];
  for (const [id, list] of [["helpful", order.slice(0, half).slice(0, 5)], ["harmful", order.slice(half).slice(-5).reverse()]]) {
    if (list.length > 0) fill(at(id), titles, list.map(line));
    else at(id).replaceChildren(element("caption", { className: "soft", textContent: "No group." }));
  }
  if (!data.samples) return;
  for (const [id, title, list] of [["helpful", "Most helpful images", data.samples.helpful[o]],
    ["harmful", "Most harmful images, or least helpful", data.samples.harmful[o]]])
    at(`${id}-samples`).replaceChildren(...(list.length ? [element("h3", { textContent: title }), ...sampleFigures(o, list)] : []));
  at("extremes-note").textContent = `Single images by ${data.samples.method}`
    + `${sampleEffects(o) ? "" : `, which has no effects on the ${objectiveName(o)}`}. Click a picture to enlarge it.`;
}

function methodTable() {
  const views = data.compared ? ["same", "all", "off", "total", "within"] : [];
  at("methods-note").textContent = data.compared
    ? "Pearson correlation with exact retraining: of effects on the group's own class (same), on all classes, on the other classes "
      + "(off), on the total loss, and on the own class within each class."
    : "Run `ddm validate` to compare with exact retraining.";
  const rows = data.methods.map(method => [method.title, ...views.map(view => number(method.correlations[view], 2)),
    seconds(method.offline), seconds(method.online),
    ...(data.compared ? [method.speed_up == null ? "–" : `${method.speed_up.toFixed(0)}×`] : [])]);
  if (data.compared && Object.keys(data.ceiling).length)
    rows.push(["ceiling: one seed against the others", ...views.map(view => number(data.ceiling[view], 2)), "", "", ""]);
  at("methods-columns").classList.toggle("columns", !data.compared);
  fill(at("methods"), ["method", ...views, "offline", "online", ...(data.compared ? ["speed-up"] : [])], rows);
}
