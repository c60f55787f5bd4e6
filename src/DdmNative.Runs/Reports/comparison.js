"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const leading = 5, mostChanges = 10, svgNames = "http://www.w3.org/2000/svg";

// Numbers with three significant digits, as on the terminal; a dash for none.
function number(value) {
  if (value === null || value === undefined || !isFinite(value)) return "–";
  const rounded = Number(value.toPrecision(3));
  if (rounded === 0) return "0";
  if (Math.abs(rounded) < 1e-5) return rounded.toExponential();
  return rounded.toFixed(Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))))));
}
const signed = value => (value > 0 && isFinite(value) ? "+" : "") + number(value);
const correlation = value => value === null || value === undefined ? "–" : value.toFixed(2).replace("-0.00", "0.00");
const percent = value => value === null || value === undefined ? "–" : (100 * value).toFixed(1) + " %";

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// A table: headings, and rows of cells; every column but the first `texts` has numbers.
function fill(table, headings, rows, texts = 1) {
  const kind = i => i < texts ? "" : "number";
  const head = element("tr");
  headings.forEach((heading, i) => {
    const cell = element("th", heading, kind(i));
    cell.scope = "col";
    head.append(cell);
  });
  const body = rows.map(row => {
    const line = element("tr");
    row.forEach((cell, i) => line.append(element("td", cell, kind(i))));
    return line;
  });
  const [thead, tbody] = [element("thead"), element("tbody")];
  thead.append(head);
  tbody.append(...body);
  table.replaceChildren(thead, tbody);
}

const className = group => group.class < 0 ? "several classes" : group.class_name ?? `class ${group.class}`;
const groupName = (group, g) => group.name ?? `group ${g}`;
const isOneRun = data.runs.length === 1;
const runName = run => data.sides.find(side => side.run === run.path).name;

function describe() {
  at("title").textContent = isOneRun ? "Methods compared" : "Runs compared";
  at("subtitle").textContent = data.sides.map(side => isOneRun || !side.method ? side.name : `${side.name} (${side.method})`).join(", ")
      + (isOneRun ? ` of ${data.runs[0].path}` : "") + ".";
  fill(at("runs"), ["run", "test accuracy", "test loss", "training images", "groups"],
      data.runs.map(run => [isOneRun ? run.path : runName(run), percent(run.test_accuracy), number(run.test_loss),
        run.images === null ? "–" : String(run.images), run.groups === null ? "–" : String(run.groups)]));
  at("settings-card").hidden = isOneRun;
  at("settings-note").textContent = data.settings.length ? "" : "Nothing: their jobs, data and programs are the same.";
  if (data.settings.length)
    fill(at("settings"), ["setting", ...data.runs.map(runName)], data.settings.map(setting => [setting.field, ...setting.values]),
        data.runs.length + 1);
}

// The groups in the order from the most helpful to the most harmful.
function ordered(side, objective) {
  const sign = data.objectives[objective].harm_sign, effects = side.effects[objective];
  return effects.map((_, g) => g).sort((a, b) => sign * (effects[a] - effects[b]));
}

function showLeading() {
  const objective = at("objective").selectedIndex, sign = data.objectives[objective].harm_sign;
  at("leading").replaceChildren(...data.sides.map(side => {
    const order = ordered(side, objective), most = Math.min(leading, Math.ceil(order.length / 2)), place = element("div");
    const row = g => [groupName(side.groups[g], g), className(side.groups[g]), String(side.groups[g].size),
      signed(side.effects[objective][g])];
    const harmful = order.slice(most).reverse().slice(0, leading);
    place.append(element("h3", isOneRun ? side.name : `${side.name}, by ${side.method}`));
    [["Most helpful", order.slice(0, most)], [harmful.some(g => sign * side.effects[objective][g] > 0) ? "Most harmful"
        : "Least helpful", harmful]].forEach(([title, groups]) => {
      const [scroll, table] = [element("div", undefined, "scroll"), element("table")];
      scroll.tabIndex = 0;
      scroll.setAttribute("role", "region");
      scroll.setAttribute("aria-label", `${title} groups of ${side.name}`);
      fill(table, [title, "class", "images", "effect"], groups.map(row), 2);
      scroll.append(table);
      place.append(scroll);
    });
    return place;
  }));
}

// Of the same groups each group, otherwise the sums over each class's groups.
function partsOf(side, parts, objective) {
  const effects = side.effects[objective];
  if (parts === "group")
    return effects.map((effect, g) => ({ name: groupName(side.groups[g], g), of: className(side.groups[g]), effect }));
  const sums = new Map();
  side.groups.forEach((group, g) => {
    const sum = sums.get(group.class) ?? { name: className(group), of: "", effect: 0 };
    sum.effect += effects[g];
    sums.set(group.class, sum);
  });
  return [...sums.entries()].sort(([a], [b]) => a - b).map(([, sum]) => sum);
}

function pearson(x, y) {
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length, [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((value, i) => {
    xy += (value - mx) * (y[i] - my);
    xx += (value - mx) ** 2;
    yy += (y[i] - my) ** 2;
  });
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}

function drawn(name, attributes, text) {
  const made = document.createElementNS(svgNames, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  if (text !== undefined) made.textContent = text;
  return made;
}

function scatter(points, across, up) {
  const size = 400, edge = 56, ends = values => {
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)], room = (high - low || 1) * 0.06;
    return [low - room, high + room];
  };
  const [x0, x1] = ends(points.map(point => point.x)), [y0, y1] = ends(points.map(point => point.y));
  const px = x => edge + (x - x0) / (x1 - x0) * (size - edge - 8), py = y => size - edge - (y - y0) / (y1 - y0) * (size - edge - 8);
  const svg = drawn("svg", { viewBox: `0 0 ${size} ${size}`, role: "img",
    "aria-label": `Effects by ${across}, from left to right, against those by ${up}, from bottom to top` });
  svg.append(drawn("line", { class: "axis", x1: px(x0), x2: px(x1), y1: py(0), y2: py(0) }),
      drawn("line", { class: "axis", y1: py(y0), y2: py(y1), x1: px(0), x2: px(0) }));
  const [low, high] = [Math.max(x0, y0), Math.min(x1, y1)];
  if (low < high)
    svg.append(drawn("line", { class: "equal", x1: px(low), y1: py(low), x2: px(high), y2: py(high) }));
  points.forEach(point => {
    const circle = drawn("circle", { cx: px(point.x), cy: py(point.y), r: 4.5 });
    circle.append(drawn("title", {}, `${point.label}: ${signed(point.x)} by ${across}, ${signed(point.y)} by ${up}`));
    svg.append(circle);
  });
  const [bottom, left] = [size - edge + 18, edge - 6];
  svg.append(drawn("text", { x: px(x0), y: bottom }, number(x0)), drawn("text", { x: px(x1), y: bottom, "text-anchor": "end" }, number(x1)),
      drawn("text", { x: left, y: py(y0), "text-anchor": "end" }, number(y0)),
      drawn("text", { x: left, y: py(y1) + 10, "text-anchor": "end" }, number(y1)),
      drawn("text", { x: (px(x0) + px(x1)) / 2, y: size - 12, "text-anchor": "middle" }, shortened(across)),
      drawn("text", { x: 14, y: (py(y0) + py(y1)) / 2, "text-anchor": "middle",
        transform: `rotate(-90 14 ${(py(y0) + py(y1)) / 2})` }, shortened(up)));
  return svg;
}

const shortened = text => text.length > 48 ? text.slice(0, 47) + "…" : text;

function showEffects() {
  const [i, j] = [at("first").selectedIndex, at("second").selectedIndex], objective = at("objective").selectedIndex;
  const [first, second, parts] = [data.sides[i], data.sides[j], data.parts[i][j]];
  at("effects").hidden = !parts;
  if (!parts) {
    at("effects-note").textContent = "These two cannot be compared: neither their groups nor the classes of these are the same.";
    return;
  }
  const [a, b] = [partsOf(first, parts, objective), partsOf(second, parts, objective)];
  const r = pearson(a.map(part => part.effect), b.map(part => part.effect));
  const things = parts === "group" ? `${a.length} groups` : `${a.length} classes`;
  at("effects-note").textContent = (parts === "class" ? "Their groups differ, so these are the sums over the groups of each class. " : "")
      + `Correlation ${correlation(r)} over ${things}, on ${data.objectives[objective].name}. On the dashed line both are equal.`;
  const points = a.map((part, k) => ({ x: part.effect, y: b[k].effect, label: part.of ? `${part.name} (${part.of})` : part.name }));
  at("scatter").replaceChildren(scatter(points, first.name, second.name));
  const changes = points.map(point => ({ ...point, change: point.y - point.x })).sort((p, q) => Math.abs(q.change) - Math.abs(p.change));
  at("changes-title").textContent = parts === "group" ? "Groups whose effect changed most" : "Classes whose effect changed most";
  fill(at("changes"), [parts, first.name, second.name, "change"],
      changes.slice(0, mostChanges).map(point => [point.label, signed(point.x), signed(point.y), signed(point.change)]));
}

function showExact() {
  const validated = data.runs.filter(run => run.methods.some(method => Object.keys(method.correlations).length));
  at("exact-card").hidden = !validated.length;
  const rows = [];
  validated.forEach(run => {
    const views = of => data.views.map(view => correlation(of[view] ?? null)), name = isOneRun ? "" : `${runName(run)}: `;
    run.methods.forEach(method => rows.push([name + method.title, ...views(method.correlations), number(method.slope),
      number(method.seconds)]));
    if (Object.keys(run.ceiling).length) rows.push([`${name}ceiling`, ...views(run.ceiling), "", ""]);
  });
  fill(at("exact"), ["method", ...data.views, "slope", "seconds"], rows);
}

function choose(id, names, index, changed) {
  at(id).replaceChildren(...names.map(name => element("option", name)));
  at(id).selectedIndex = index;
  at(id).addEventListener("input", changed);
}

describe();
showExact();
const hasEffects = data.objectives.length > 0;
at("leading-card").hidden = !hasEffects;
at("effects-card").hidden = !hasEffects || data.sides.length < 2;
if (hasEffects) {
  const names = data.sides.map(side => side.name), show = () => { showLeading(); if (names.length > 1) showEffects(); };
  choose("objective", data.objectives.map(objective => objective.name), 0, show);
  choose("first", names, 0, show);
  choose("second", names, names.length - 1 > 0 ? 1 : 0, show);
  show();
}
document.documentElement.dataset.ready = "";
