"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const state = { method: 0, level: "groups", order: "number", filter: "", scale: "row", objective: 0, row: 0, column: -1, group: -1,
    groupObjective: 0, marked: -1 };
const charts = [];
const allGroups = data.groups.map((_, g) => g);

// ---------------------------------------------------------------------------------------------------------------------- words and numbers

const number = (value, digits) => value == null ? "–" : value.toFixed(digits).replace(/^-(?=[0.]+$)/, "");
const size = value => value !== 0 && value < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
const signed = value => value == null ? "–" : (value > 0 ? "+" : value < 0 ? "−" : "") + size(Math.abs(value));
const seconds = value => value == null ? "–" : value < 10 ? value.toFixed(2) + " s" : value < 120
    ? value.toFixed(0) + " s" : (value / 60).toFixed(1) + " min";
const bytes = value => value ? (value / 2 ** 20).toFixed(0) + " MiB" : "–";
const groupName = g => data.groups[g].name ?? `group ${g}`;
const className = c => c < 0 ? "several" : data.class_names?.[c] ?? String(c);
// With the class's name, if it has one and the objective is of one class.
const objectiveName = o => {
  const named = data.class_names && /:class=(\d+)$/.exec(data.objectives[o]);
  return named ? `${data.objectives[o]} (${className(Number(named[1]))})` : data.objectives[o];
};
const shortened = (text, most) => text.length <= most ? text : text.slice(0, most - 1) + "…";
const groupPlace = g => `class ${className(data.groups[g].class)}${data.groups[g].name == null ? `,
    cluster ${data.groups[g].cluster}` : ""}, ${data.groups[g].size} image${data.groups[g].size === 1 ? "" : "s"}`;
// For a loss, less is better; for everything else, more is better.
const harm = (o, value) => data.harm_signs[o] * value;
const matrix = () => data.matrices[state.method];
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

// ---------------------------------------------------------------------------------------------------------------------- images

// Features of any model have no pictures.
const pictured = data.images.classes.length > 0;
const placeOfGroup = new Map();
for (const entry of data.images.classes) entry.groups.forEach((g, row) => placeOfGroup.set(g, { entry, row }));

// A tile of a picture that contains images of one size in rows of the given number of columns.
function tile(picture, { width, height }, columns, column, row, zoom = Math.max(1, Math.round(40 / width)), label = "") {
  const node = element("span", { className: "image" });
  if (label) { node.setAttribute("role", "img"); node.setAttribute("aria-label", label); } else node.setAttribute("aria-hidden", "true");
  node.style.cssText = `width:${width * zoom}px;height:${height * zoom}px;background-image:url(${picture});`
      + `background-position:${-column * width * zoom}px ${-row * height * zoom}px;background-size:${columns * width * zoom}px auto`;
  return node;
}

function image(g, column, label, zoom) {
  if (!pictured) return "";
  const { entry, row } = placeOfGroup.get(g);
  return tile(entry.picture, data.images, data.images.synset + data.images.real, column, row, zoom, label);
}

function sampleImage(i, zoom) {
  if (!pictured) return element("span", { className: "soft", textContent: `${data.samples.ids[i]}` });
  const { from, columns, picture } = data.samples.pictures.findLast(entry => entry.from <= i), place = i - from;
  return tile(picture, data.samples, columns, place % columns, Math.floor(place / columns), zoom);
}

// A button with an image and its effect, which opens the image's group.
function sampleButton(o, i) {
  const value = data.samples.effects[o][i], g = data.samples.groups[i];
  const button = element("button", { className: "sample", title: `${sampleName(i)}, ${groupName(g)}` }, sampleImage(i),
      element("span", { className: harm(o, value) > 0 ? "harms" : "helps", textContent: signed(value) }));
  button.setAttribute("aria-label",
      `${sampleName(i)} of ${groupName(g)}, class ${className(data.groups[g].class)}: ${signed(value)} on ${data.objectives[o]}`);
  button.addEventListener("click", () => showGroup(g, o, i));
  return button;
}

const sampleName = i => data.samples.files?.[i] ?? `image ${data.samples.ids[i]}`;
const sampleEffects = o => data.samples?.effects[o];
const realCount = g => Math.min(data.images.real, data.groups[g].size);

function strip(g, from, count, label) {
  const node = element("span", { className: "strip" });
  for (let i = 0; i < count; i++) node.append(image(g, from + i, `${label} ${i + 1} of ${groupName(g)}`));
  return node;
}

const synsetStrip = g => strip(g, 0, data.images.synset, "synthetic image");
const realStrip = g => strip(g, data.images.synset, realCount(g), "real image");

// ---------------------------------------------------------------------------------------------------------------------- columns and their
// order

let columns = [];

// A column is a group, or all groups of a class, whose effects are summed, or a single image.
function valueAt(o, column) {
  if (column.sample != null) return sampleEffects(o)?.[column.sample] ?? null;
  const row = matrix()[o];
  let sum = 0;
  for (const g of column.groups) sum += row[g];
  return sum;
}

function exactAt(o, column) {
  if (!data.exact || column.sample != null) return null;
  let sum = 0;
  for (const g of column.groups) {
    if (data.exact[o][g] == null) return null;
    sum += data.exact[o][g];
  }
  return sum;
}

function matches(g, filter) {
  if (filter === "") return true;
  const numbers = /^(class|group)\s*(\d+(?:\s*[,-]\s*\d+)*)$/i.exec(filter);
  if (!numbers)
      return [groupName(g),
      ...(data.class_names ? [`class ${className(data.groups[g].class)}`] : [])].some(name => name.toLowerCase()
      .includes(filter.toLowerCase()));
  const own = numbers[1].toLowerCase() === "class" ? data.groups[g].class : g;
  return numbers[2].split(",").some(part => {
    const [from, to] = part.split("-").map(Number);
    return own >= from && own <= (to ?? from);
  });
}

function arrange() {
  const shown = allGroups.filter(g => matches(g, state.filter.trim()));
  if (state.level === "groups") columns = shown.map(g => ({ groups: [g], class: data.groups[g].class, name: groupName(g) }));
  else if (state.level === "samples") {
    const inside = new Set(shown);
    columns = data.samples.ids.map((_, i) =>
        ({ sample: i, groups: [data.samples.groups[i]], class: data.groups[data.samples.groups[i]].class, name: sampleName(i) }))
        .filter(column => inside.has(column.groups[0]));
  } else {
    const classes = [...new Set(shown.map(g => data.groups[g].class))];
    columns = classes.map(c => ({ groups: shown.filter(g => data.groups[g].class === c), class: c, name: `class ${className(c)}` }));
  }
  if (state.order !== "number") {
    const sign = state.order === "helpful"
        ? 1 : -1, keys = new Map(columns.map(column => [column, sign * harm(state.row, valueAt(state.row, column))]));
    columns.sort((a, b) => keys.get(a) - keys.get(b));
  } else columns.sort((a, b) => a.class - b.class || a.groups[0] - b.groups[0]);
  state.column = Math.min(state.column, columns.length - 1);
}

// ---------------------------------------------------------------------------------------------------------------------- the heat map
//
// Drawn directly on a canvas with the size of the visible part: a plotting library takes seconds for a hundred thousand cells, and this
// takes only as long as the visible cells need. The scrolling element has the extent of the whole map; the canvas is fixed to its corner.

const heat = { left: 118, top: 24, cell: 20, height: 20, box: at("heat"), canvas: at("heat-canvas"), extent: at("heat-extent"),
    largest: [] };

function layOut() {
  const room = heat.box.clientWidth - heat.left - 2;
  heat.cell = Math.max(9, Math.min(26, Math.floor(room / Math.max(1, columns.length))));
  heat.width = heat.left + columns.length * heat.cell + 2;
  heat.tall = heat.top + data.objectives.length * heat.height + 2;
  heat.extent.style.width = heat.width + "px";
  heat.extent.style.height = heat.tall + "px";
  const perRow = data.objectives.map((_, o) => columns.reduce((most, column) => Math.max(most, Math.abs(valueAt(o, column))), 1e-30));
  heat.largest = state.scale === "row" ? perRow : perRow.fill(Math.max(...perRow));
  draw();
}

function draw() {
  const { box, canvas, left, top, cell, height } = heat;
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.min(box.clientWidth, heat.width), high = Math.min(box.clientHeight || heat.tall, heat.tall);
  if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
    canvas.style.width = wide + "px";
    canvas.style.height = high + "px";
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const ink = { helps: colour("--helps"), harms: colour("--harms"), soft: colour("--soft"), line: colour("--line"), card: colour("--card"),
      mark: colour("--mark") };
  pen.globalAlpha = 1;
  pen.fillStyle = ink.card;
  pen.fillRect(0, 0, wide, high);

  const x = g => left + g * cell - box.scrollLeft, y = o => top + o * height - box.scrollTop;
  const firstColumn = Math.max(0, Math.floor(box.scrollLeft / cell)),
      lastColumn = Math.min(columns.length, Math.ceil((box.scrollLeft + wide - left) / cell));
  const firstRow = Math.max(0, Math.floor(box.scrollTop / height)),
      lastRow = Math.min(data.objectives.length, Math.ceil((box.scrollTop + high - top) / height));
  pen.save();
  pen.beginPath();
  pen.rect(left, top, wide - left, high - top);
  pen.clip();
  for (let o = firstRow; o < lastRow; o++)
    for (let g = firstColumn; g < lastColumn; g++) {
      const value = valueAt(o, columns[g]);
      if (value == null) continue;
      pen.globalAlpha = 0.03 + 0.97 * Math.pow(Math.abs(value) / heat.largest[o], 0.7);
      pen.fillStyle = harm(o, value) > 0 ? ink.harms : ink.helps;
      pen.fillRect(x(g), y(o), cell - 1, height - 1);
    }
  pen.globalAlpha = 1;
  if (state.column >= 0) {
    pen.strokeStyle = ink.mark;
    pen.lineWidth = 1.5;
    pen.strokeRect(x(state.column) - 1, y(state.row) - 1, cell + 1, height + 1);
  }
  pen.restore();

  pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  pen.save();
  pen.beginPath();
  pen.rect(0, top, left, high - top);
  pen.clip();
  for (let o = firstRow; o < lastRow; o++) {
    pen.fillStyle = o === state.row ? ink.mark : ink.soft;
    pen.fillText(data.objectives[o], left - 8, y(o) + height / 2, left - 10);
  }
  pen.restore();
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, wide - left, high);
  pen.clip();
  pen.textAlign = "center";
  pen.fillStyle = ink.soft;
  if (state.order === "number")
    for (let from = firstColumn; from < lastColumn;) {
      let to = from + 1;
      while (to < columns.length && columns[to].class === columns[from].class) to++;
      let start = from;
      while (start > 0 && columns[start - 1].class === columns[from].class) start--;
      const room = (to - start) * cell, named = data.class_names
          ? shortened(className(columns[from].class), Math.max(1, Math.floor(room / 7))) : null;
      const name = named ?? (room > 46 ? `class ${columns[from].class}` : `${columns[from].class}`);
      pen.fillText(name, (x(start) + x(to)) / 2, 11, (to - start) * cell);
      pen.fillStyle = ink.line;
      pen.fillRect(x(to) - 1, 4, 1, high);
      pen.fillStyle = ink.soft;
      from = to;
    }
  else {
    pen.textAlign = "left";
    pen.fillText(`${state.order === "helpful" ? "most helpful" : "most harmful"} for ${objectiveName(state.row)} first →`, left + 2, 11);
  }
  pen.restore();
}

function tell() {
  const target = at("detail");
  if (columns.length === 0) { target.textContent = "No group's class or name matches."; return; }
  if (state.column < 0) { target.textContent = ""; return; }
  const column = columns[state.column], value = valueAt(state.row, column), exact = exactAt(state.row, column);
  const strong = element("b", { className: harm(state.row, value) > 0 ? "harms" : "helps", textContent: signed(value) });
  const single = column.sample != null;
  const parts = [single ? sampleImage(column.sample, 1) : image(column.groups[0], data.images.synset, "", 1), ` ${column.name} `];
  if (single) parts.push(`of ${groupName(column.groups[0])} (${groupPlace(column.groups[0])})`);
  else parts.push(column.groups.length === 1 && state.level === "groups"
      ? `(${groupPlace(column.groups[0])})` : `(${column.groups.length} groups, effects summed)`);
  parts.push(` on ${objectiveName(state.row)}: `, strong, exact == null ? "" : `, by exact retraining ${signed(exact)}`, single
      ? ` (by ${data.samples.method})` : "");
  target.replaceChildren(...parts);
}

function cellAt(event) {
  const rectangle = heat.canvas.getBoundingClientRect();
  const x = event.clientX - rectangle.left, y = event.clientY - rectangle.top;
  return {
    column: x < heat.left ? -1 : Math.floor((x - heat.left + heat.box.scrollLeft) / heat.cell),
    row: y < heat.top ? -1 : Math.floor((y - heat.top + heat.box.scrollTop) / heat.height),
  };
}

// Moving the mark scrolls, and scrolling draws too: once per frame is enough.
let drawing = 0;
function redraw() {
  drawing ||= requestAnimationFrame(() => { drawing = 0; draw(); });
}

function choose(row, column, scroll) {
  state.row = Math.max(0, Math.min(data.objectives.length - 1, row));
  state.column = Math.max(-1, Math.min(columns.length - 1, column));
  if (scroll) {
    const box = heat.box, x = heat.left + state.column * heat.cell, y = heat.top + state.row * heat.height;
    if (x - heat.left < box.scrollLeft) box.scrollLeft = x - heat.left;
    if (x + heat.cell > box.scrollLeft + box.clientWidth) box.scrollLeft = x + heat.cell - box.clientWidth;
    if (y - heat.top < box.scrollTop) box.scrollTop = y - heat.top;
    if (y + heat.height > box.scrollTop + box.clientHeight) box.scrollTop = y + heat.height - box.clientHeight;
  }
  redraw();
  tell();
}

function open() {
  const column = columns[state.column];
  if (!column) return;
  if (state.level === "classes") {
    Object.assign(state, { level: "groups", filter: `class ${column.class}`, column: 0 });
    at("level").value = state.level;
    at("filter").value = state.filter;
    refresh();
  } else showGroup(column.groups[0], state.row, column.sample);
}

heat.box.addEventListener("scroll", redraw);
heat.canvas.addEventListener("pointermove", event => {
  const { row, column } = cellAt(event);
  if (row >= 0 && row < data.objectives.length && column >= 0 && column < columns.length && (row !== state.row || column !== state.column))
  choose(row, column, false);
});
heat.canvas.addEventListener("click", event => {
  const { row, column } = cellAt(event);
  if (row < 0 || row >= data.objectives.length) return;
  if (column < 0) {
    state.row = row;
    if (state.order === "number") at("order").value = state.order = "helpful";
    refresh();
  } else {
    choose(row, column, false);
    open();
  }
});
heat.box.addEventListener("keydown", event => {
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -columns.length],
  End: [0, columns.length], PageUp: [-10, 0], PageDown: [10, 0] };
  if (event.key === "Enter") open();
  else if (moves[event.key]) choose(state.row + moves[event.key][0], Math.max(0, state.column + moves[event.key][1]), true);
  else return;
  event.preventDefault();
});

// ---------------------------------------------------------------------------------------------------------------------- charts

// SVG prints and zooms best, but each of its points is an element: beyond a few hundred, a canvas is several times faster.
const mostElements = 300;

// A chart follows the width of its container, which changes with the window, with other content, and when the chart is first shown.
const chartSizes = new ResizeObserver(changes => {
  for (const { target } of changes) {
    const { plot } = charts.find(entry => entry.node === target);
    if (target.clientWidth > 0 && plot.getWidth() !== target.clientWidth) plot.resize();
  }
});

function chart(node, option, points = 0) {
  const known = charts.find(entry => entry.node === node);
  const entry = known ?? { node, plot: echarts.init(node, null, { renderer: points > mostElements ? "canvas" : "svg" }) };
  if (!known) {
    charts.push(entry);
    chartSizes.observe(node);
  }
  entry.make = option;
  entry.plot.setOption({ animation: false, textStyle: { fontFamily: "inherit" }, ...option() }, true);
  return entry.plot;
}

function axis(name, more = {}) {
  return {
    name, nameLocation: "middle", nameGap: 30, scale: true, nameTextStyle: { color: colour("--soft") },
        axisLabel: { color: colour("--soft"), fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: colour("--line") } }, axisLine: { lineStyle: { color: colour("--line") } }, ...more,
  };
}

const tip = () =>
    ({ confine: true, backgroundColor: colour("--card"), borderColor: colour("--line"),
    textStyle: { color: colour("--ink"), fontSize: 13 } });
// A chart's tooltip is HTML, so names from files must be escaped.
const plain = text => echarts.format.encodeHTML(String(text));

function scatter() {
  if (!data.exact) { at("scatter-card").hidden = true; return; }
  const points = [];
  data.groups.forEach((group, g) => {
    const own = data.objectives.indexOf(`loss:class=${group.class}`), o = own < 0 ? 0 : own;
    if (data.exact[o][g] != null) points.push({ value: [matrix()[o][g], data.exact[o][g]], g, bad: harm(o, data.exact[o][g]) > 0 });
  });
  const products = points.reduce((sum, p) => sum + p.value[0] * p.value[1], 0),
      squares = points.reduce((sum, p) => sum + p.value[0] ** 2, 0);
  const slope = squares > 0 ? products / squares : 0;
  const correlation = pearson(points.map(p => p.value[0]), points.map(p => p.value[1]));
  at("scatter-note")
      .textContent = "One point for each group in exact retraining: its effect on its own class's loss if that is a row, otherwise on "
      + `the first row. Correlation ${number(correlation, 2)}; the line is the best slope, ${signed(slope)}.`;
  const low = Math.min(0, ...points.map(p => p.value[0])), high = Math.max(0, ...points.map(p => p.value[0]));
  const plot = chart(at("scatter"), () => ({
    aria: { enabled: true }, grid: { left: 58, right: 14, top: 12, bottom: 44 },
    xAxis: axis("predicted"), yAxis: axis("exact", { nameGap: 44 }),
    tooltip: { ...tip(), formatter: p => p.data.g == null
    ? "" : `${plain(groupName(p.data.g))} (${plain(groupPlace(p.data.g))})<br>`
      + `predicted ${signed(p.value[0])}, exact ${signed(p.value[1])}` },
    series: [
      { type: "line", data: [[low, slope * low], [high, slope * high]], symbol: "none", silent: true,
      lineStyle: { type: "dashed", color: colour("--soft"), width: 1 } },
      ...[false, true].map(bad =>
      ({ type: "scatter", symbolSize: 9, itemStyle: { color: colour(bad ? "--harms" : "--helps"), opacity: 0.75 },
      data: points.filter(p => p.bad === bad) })),
    ],
  }), points.length);
  plot.off("click");
  plot.on("click", p => { if (p.data.g != null) showGroup(p.data.g); });
}

function pearson(x, y) {
  const mean = values => values.reduce((sum, v) => sum + v, 0) / values.length;
  const mx = mean(x), my = mean(y);
  let xy = 0, xx = 0, yy = 0;
  for (let i = 0; i < x.length; i++) { xy += (x[i] - mx) * (y[i] - my); xx += (x[i] - mx) ** 2; yy += (y[i] - my) ** 2; }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}

function curves() {
  if (data.curves.length === 0) { at("curves-card").hidden = true; return; }
  // Create all containers first: each is narrower if there are others beside it.
  const nodes = data.curves.map(curve => {
    const node = element("div", { className: "chart" });
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", curve.title);
    return node;
  });
  at("curves").append(...data.curves.map((curve, i) => element("div", {}, element("h3", { textContent: curve.title }), nodes[i])));
  for (const [i, curve] of data.curves.entries()) {
    chart(nodes[i], () => ({
      grid: { left: 58, right: 14, top: 10, bottom: 44 },
      tooltip: { ...tip(), trigger: "axis", valueFormatter: value => Number(value.toPrecision(4)).toString() },
      xAxis: axis("step"), yAxis: axis(curve.value, { nameGap: 44 }),
      series: [{ type: "line", name: curve.value, data: curve.points, symbol: curve.points.length === 1
      ? "circle" : "none", lineStyle: { width: 1.5, color: colour("--helps") }, itemStyle: { color: colour("--helps") } }],
    }));
  }
}

// ---------------------------------------------------------------------------------------------------------------------- one group

// Shows a group and the effects of its single images on an objective, with one image marked.
function showGroup(g, objective = state.row, marked = -1) {
  Object.assign(state, { group: g, marked, groupObjective: objective });
  const card = at("group");
  card.hidden = false;
  at("group-title").textContent = groupName(g);
  at("group-facts").textContent = groupPlace(g);
  const figures = [];
  if (data.images.synset > 0)
      figures.push(element("figure", {}, synsetStrip(g), element("figcaption", { className: "soft", textContent: "its synset" })));
  if (pictured) figures.push(element("figure", {}, realStrip(g),
      element("figcaption", { className: "soft", textContent: `${realCount(g)} of its ${data.groups[g].size} images` })));
  at("group-images").replaceChildren(...figures);
  groupSamples();
  groupEffects();
  card.scrollIntoView({ block: "nearest" });
}

const mostShown = 24;

function groupSamples() {
  const g = state.group, o = state.groupObjective;
  at("group-samples").hidden = !data.samples;
  if (!data.samples || g < 0) return;
  at("group-objective").value = o;
  const effects = sampleEffects(o), own = data.samples.ids.map((_, i) => i).filter(i => data.samples.groups[i] === g);
  at("group-open").disabled = own.length === 0;
  const note = own.length < data.groups[g].size ? `${own.length} of its ${data.groups[g].size} images are in this file.` : "";
  if (!effects)
      { at("group-samples-note").textContent = `${data.samples.method} has no effects on ${data.objectives[o]}. ${note}`;
      at("group-samples-images").replaceChildren(); return; }
  own.sort((a, b) => harm(o, effects[a]) - harm(o, effects[b]));
  const most = own.length > mostShown ? [...own.slice(0, mostShown / 2), ...own.slice(-mostShown / 2)] : own;
  if (own.includes(state.marked) && !most.includes(state.marked)) most.splice(mostShown / 2, 0, state.marked);
  at("group-samples-note").textContent = `By ${data.samples.method}; the most helpful first${most.length < own.length ? `,
      both ends of ${own.length}` : ""}. ${note}`;
  at("group-samples-images").replaceChildren(...most.map(i => {
    const button = sampleButton(o, i);
    if (i === state.marked) button.setAttribute("aria-current", "true");
    return button;
  }));
}

function groupEffects() {
  const g = state.group;
  if (g < 0) return;
  const exact = data.exact && data.objectives.some((_, o) => data.exact[o][g] != null);
  chart(at("group-effects"), () => ({
    grid: { left: 58, right: 14, top: exact ? 30 : 10, bottom: 64 }, tooltip: { ...tip(), trigger: "axis", valueFormatter: signed },
    legend: { show: !!exact, top: 0, textStyle: { color: colour("--soft") } },
    xAxis: axis("",
    { type: "category", data: data.objectives,
    axisLabel: { color: colour("--soft"), fontSize: 11, rotate: data.objectives.length > 8 ? 40 : 0 } }),
    yAxis: axis("effect", { nameGap: 44 }),
    series: [
      { type: "bar", name: data.methods[state.method].title, itemStyle: { color: colour("--helps") },
      data: data.objectives.map((_, o) =>
      ({ value: matrix()[o][g], itemStyle: { color: colour(harm(o, matrix()[o][g]) > 0 ? "--harms" : "--helps") } })) },
      ...(exact ? [{ type: "scatter", name: "exact retraining", symbol: "diamond", symbolSize: 9, itemStyle: { color: colour("--ink") },
      data: data.objectives.map((_, o) => data.exact[o][g] ?? null) }] : []),
    ],
  }));
}

// ---------------------------------------------------------------------------------------------------------------------- tables and
// galleries

// Shows a note while a box contains more than is visible.
const boxSizes = new ResizeObserver(changes => { for (const { target } of changes) hint(target.closest(".scroll, .gallery-rows")); });

function hint(box) {
  const known = box.nextElementSibling?.classList.contains("more") ? box.nextElementSibling : null;
  if (box.scrollWidth <= box.clientWidth + 1) known?.remove();
  else if (!known) box.after(element("p", { className: "more", textContent: "There is more to the right: scroll sideways to see it." }));
}

for (const box of document.querySelectorAll(".scroll, .gallery-rows")) for (const node of [box, ...box.children]) boxSizes.observe(node);

function fill(table, titles, rows) {
  const numeric = title => !["examples", "group", "method", "stage"].includes(title);
  const head = table.createTHead().insertRow();
  for (const title of titles) head.append(element("th", { textContent: title, scope: "col", className: numeric(title) ? "number" : "" }));
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((cell, i) => {
      const node = line.insertCell();
      node.className = (numeric(titles[i]) ? "number " : "") + (cell?.style ?? "");
      node.append(cell?.content ?? cell);
    });
  }
}

function extremes() {
  const o = state.objective, row = matrix()[o], exact = data.exact?.[o];
  const order = [...allGroups].sort((a, b) => harm(o, row[a]) - harm(o, row[b]) || a - b);
  const withExact = exact?.some(value => value != null);
  const line = g => {
    const link = element("button", { className: "link", textContent: groupName(g) });
    link.addEventListener("click", () => showGroup(g));
    return [
      { content: strip(g, data.images.synset, Math.min(3, realCount(g)), "real image") }, { content: link },
          className(data.groups[g].class), String(data.groups[g].size),
      { content: signed(row[g]), style: harm(o, row[g]) > 0 ? "harms" : "helps" }, ...(withExact ? [signed(exact[g])] : []),
    ];
  };
  // Two disjoint lists: if there are few groups each list has half of them, and the sign of the middle group decides which list it belongs
  // to.
  let half = Math.floor(order.length / 2);
  if (order.length % 2 === 1 && harm(o, row[order[half]]) <= 0) half++;
  for (const [id, list] of [["helpful", order.slice(0, half).slice(0, 5)], ["harmful", order.slice(half).slice(-5).reverse()]]) {
    at(id).replaceChildren();
    if (list.length === 0) at(id).append(element("caption", { className: "soft", textContent: "No group." }));
    else fill(at(id), ["examples", "group", "class", "images", "effect", ...(withExact ? ["exact"] : [])], list.map(line));
  }
  if (!data.samples) return;
  for (const [id, title, list] of [["helpful", "Most helpful images", data.samples.helpful[o]],
      ["harmful", "Most harmful images, or least helpful", data.samples.harmful[o]]])
    at(`${id}-samples`)
        .replaceChildren(...(list.length ? [element("h3", { textContent: title }), ...list.map(i => sampleButton(o, i))] : []));
  at("extremes-note").textContent = `Single images by ${data.samples.method}${sampleEffects(o) ? "" : `,
      which has no effects on ${data.objectives[o]}`}. Click an image to open its group.`;
}

function methodTable() {
  const views = data.compared ? ["same", "all", "off", "total", "within"] : [];
  at("methods-note").textContent = data.compared
    ? "Pearson correlation with exact retraining: of effects on the group's own class (same), on all classes, on the other classes "
      + "(off), on the total loss, and on the own class within each class."
    : "Run `ddm validate` to compare with exact retraining.";
  const rows =
      data.methods.map(method =>
      [method.title, ...views.map(view => number(method.correlations[view], 2)), seconds(method.offline), seconds(method.online),
    ...(data.compared ? [method.speed_up == null ? "–" : method.speed_up.toFixed(0) + "×"] : [])]);
  if (data.compared && Object.keys(data.ceiling).length)
      rows.push(["ceiling: one seed against the others", ...views.map(view => number(data.ceiling[view], 2)), "", "", ""]);
  at("methods-columns").classList.toggle("columns", !data.compared);
  fill(at("methods"), ["method", ...views, "offline", "online", ...(data.compared ? ["speed-up"] : [])], rows);
}

function gallery() {
  if (!pictured) return;
  const chosen = data.images.classes[at("gallery-class").value];
  at("gallery").replaceChildren(...chosen.groups.map(g => {
    const link = element("button", { className: "link", textContent: groupName(g) });
    link.addEventListener("click", () => showGroup(g));
    const cells = [element("span", {}, link)];
    if (data.images.synset > 0) cells.push(synsetStrip(g));
    return element("div", { className: "gallery-row" }, ...cells, realStrip(g));
  }));
  hint(at("gallery"));
}

// ---------------------------------------------------------------------------------------------------------------------- start

function refresh() {
  arrange();
  layOut();
  tell();
}

at("subtitle").textContent = data.subtitle;
at("convention")
    .textContent = "Each number is the effect of a group of training images on an objective on the test images: "
    + `${data.convention}; for accuracy, margin and logit, a positive effect does.`;
at("versions").textContent = data.versions;
at("settings").textContent = JSON.stringify(data.job, null, 2);
if (data.samples) {
  const { ids, total, method, scale, correlation } = data.samples;
  const scaling = scale == null ? "" : ` They are scaled by ${size(scale)}, so that the effects of a group's images add up to its effect `
      + `by ${data.methods[0].title} as closely as one factor allows`;
  const summed = scale == null ? " Summed by group, their correlation is" : "; summed by group, the correlation of the two is";
  const fit = scaling + (correlation == null ? "" : `${summed} ${number(correlation, 2)}`);
  const which = ids.length < total ? `for ${ids.length} of the ${total} images: more would not fit into this file. They are the images `
      + "with the largest effects, some of every group" : `for all ${total} images`;
  at("samples-note").textContent = `Effects of single images are computed by ${method}, ${which}.${fit ? fit + "." : ""}`;
} else at("level").querySelector("[value=samples]").remove();
at("synset-note").textContent = !pictured
    ? "The samples are features of a model: they have no pictures."
    : data.images.synset > 0
    ? "A row for each group: images of its synset, then some of its real ones."
    : "Real images of every group; the job's methods use no synset of images.";
for (const warning of data.warnings) at("warnings").append(element("p", { textContent: warning }));
at("warnings").hidden = data.warnings.length === 0;
for (const [value, label] of data.figures)
    at("figures")
    .append(element("div", { className: "figure" }, element("b", { textContent: value }), element("span", { textContent: label })));
data.methods.forEach((method, i) => at("method").add(new Option(method.title, i)));
for (const id of ["objective", "group-objective"]) data.objectives.forEach((_, i) => at(id).add(new Option(objectiveName(i), i)));
data.images.classes.forEach((entry, i) => at("gallery-class").add(new Option(`class ${className(entry.class)}`, i)));

// Parts further down follow after the browser has responded.
const later = work => window.requestIdleCallback ? requestIdleCallback(work) : setTimeout(work, 50);

for (const id of ["method", "level", "order", "filter", "scale"])
  at(id).addEventListener("input", () => {
    state[id] = id === "method" ? Number(at(id).value) : at(id).value;
    refresh();
    if (id === "method") { extremes(); later(() => { scatter(); groupEffects(); }); }
  });
at("objective").addEventListener("input", () => { state.objective = Number(at("objective").value); extremes(); });
at("group-objective").addEventListener("input", () => { state.groupObjective = Number(at("group-objective").value); groupSamples(); });
at("group-open").addEventListener("click", () => {
  Object.assign(state,
  { level: "samples", filter: data.groups[state.group].name ?? `group ${state.group}`, column: 0, row: state.groupObjective });
  at("level").value = state.level;
  at("filter").value = state.filter;
  refresh();
  heat.box.focus();
});
at("gallery-class").addEventListener("input", gallery);
// Only the width matters: a change of the page's height needs no new layout.
let width = 0;
new ResizeObserver(([main]) => {
  if (main.contentRect.width === width) return;
  width = main.contentRect.width;
  layOut();
}).observe(document.querySelector("main"));
matchMedia("(prefers-color-scheme: dark)")
    .addEventListener("change", () => { draw(); for (const entry of charts) chart(entry.node, entry.make); });

refresh();
extremes();
methodTable();
gallery();
fill(at("stages"), ["stage", "time", "peak memory"],
    data.stages.map(stage => [stage.name, seconds(stage.seconds), bytes(stage.peak_bytes)]));
// Parts further down are drawn after the first paint.
requestAnimationFrame(() => setTimeout(() => { scatter(); curves(); document.documentElement.dataset.ready = "yes"; }));

// A chart has another size on paper than on the screen: with a viewBox it is scaled instead of truncated.
addEventListener("beforeprint", () => {
  for (const svg of document.querySelectorAll(".chart svg"))
  svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
});
addEventListener("afterprint", () => document.querySelectorAll(".chart svg").forEach(svg => svg.removeAttribute("viewBox")));
