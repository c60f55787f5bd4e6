// The heat map, drawn directly on a canvas with the size of the visible part: a plotting library takes seconds for a hundred thousand
// cells, and this takes only as long as the visible cells need. The scrolling element has the extent of the whole map; the canvas is fixed
// to its corner.

const heat = { left: 118, top: 26, cell: 20, height: 22, box: at("heat"), canvas: at("heat-canvas"), extent: at("heat-extent"),
  largest: [] };

function layOut() {
  heat.left = heat.box.clientWidth < 480 ? 96 : 132;
  const room = heat.box.clientWidth - heat.left - 2;
  heat.cell = Math.max(9, Math.min(state.level === "groups" || state.level === "samples" ? 32 : 64,
    Math.floor(room / Math.max(1, columns.length))));
  heat.width = heat.left + columns.length * heat.cell + 2;
  heat.tall = heat.top + data.objectives.length * heat.height + 2;
  heat.extent.style.width = `${heat.width}px`;
  heat.extent.style.height = `${heat.tall}px`;
  const perRow = data.objectives.map((_, o) => columns.reduce((most, column) => Math.max(most, Math.abs(valueAt(o, column))), 1e-30));
  heat.largest = state.scale === "row" ? perRow : perRow.fill(Math.max(...perRow));
  draw();
}

// The longest beginning of a text that fits, or the text.
function fitted(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  let most = text.length - 1;
  while (most > 0 && pen.measureText(`${text.slice(0, most)}…`).width > room) most--;
  return most > 0 ? `${text.slice(0, most)}…` : "";
}

function draw() {
  const { box, canvas, left, top, cell, height } = heat;
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.min(box.clientWidth, heat.width), high = Math.min(box.clientHeight || heat.tall, heat.tall);
  if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${high}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const ink = Object.fromEntries(["helps", "harms", "soft", "line", "card", "ink", "accent"].map(name => [name, colour(`--${name}`)]));
  pen.globalAlpha = 1;
  pen.fillStyle = ink.card;
  pen.fillRect(0, 0, wide, high);
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "middle";

  const x = g => left + g * cell - box.scrollLeft, y = o => top + o * height - box.scrollTop;
  const within = (index, count) => Math.max(0, Math.min(count, index));
  const view = { x, y, wide, high, ink,
    firstColumn: within(Math.floor(box.scrollLeft / cell), columns.length),
    lastColumn: within(Math.ceil((box.scrollLeft + wide - left) / cell), columns.length),
    firstRow: within(Math.floor(box.scrollTop / height), data.objectives.length),
    lastRow: within(Math.ceil((box.scrollTop + high - top) / height), data.objectives.length) };
  clipped(pen, [left, top, wide - left, high - top], () => drawCells(pen, view));
  clipped(pen, [0, top, left, high - top], () => drawRowNames(pen, view));
  clipped(pen, [left, 0, wide - left, high], () => drawHeadings(pen, view));
}

function clipped(pen, rectangle, work) {
  pen.save();
  pen.beginPath();
  pen.rect(...rectangle);
  pen.clip();
  work();
  pen.restore();
}

function drawCells(pen, { x, y, ink, firstColumn, lastColumn, firstRow, lastRow }) {
  const { cell, height, largest } = heat;
  for (let o = firstRow; o < lastRow; o++)
    for (let g = firstColumn; g < lastColumn; g++) {
      const value = valueAt(o, columns[g]);
      if (value == null) continue;
      pen.globalAlpha = 0.04 + 0.96 * Math.pow(Math.abs(value) / largest[o], 0.7);
      pen.fillStyle = harm(o, value) > 0 ? ink.harms : ink.helps;
      pen.fillRect(x(g), y(o), cell - 1, height - 1);
    }
  pen.globalAlpha = 1;
  if (state.column < 0) return;
  pen.strokeStyle = ink.ink;
  pen.lineWidth = 1.5;
  pen.strokeRect(x(state.column) - 1, y(state.row) - 1, cell + 1, height + 1);
}

function drawRowNames(pen, { y, ink, firstRow, lastRow }) {
  pen.textAlign = "right";
  for (let o = firstRow; o < lastRow; o++) {
    pen.fillStyle = o === state.row ? ink.ink : ink.soft;
    pen.fillText(fitted(pen, rowNames[o], heat.left - 12), heat.left - 8, y(o) + heat.height / 2);
  }
}

function drawHeadings(pen, { x, high, ink, firstColumn, lastColumn }) {
  const { cell, left } = heat;
  pen.fillStyle = ink.accent;
  for (let g = firstColumn; g < lastColumn; g++)
    if (columns[g].sample == null && columns[g].groups.every(own => state.selected.has(own))) pen.fillRect(x(g), 21, cell - 1, 3);
  pen.fillStyle = ink.soft;
  if (state.order !== "number") {
    pen.textAlign = "left";
    pen.fillText(`most ${state.order} for the ${objectiveName(state.row)} first →`, left + 2, 10);
    return;
  }
  pen.textAlign = "center";
  for (let from = firstColumn; from < lastColumn;) {
    let to = from + 1, start = from;
    while (to < columns.length && columns[to].class === columns[from].class) to++;
    while (start > 0 && columns[start - 1].class === columns[from].class) start--;
    const room = (to - start) * cell - 4, heading = headingOf(columns[from]);
    const bare = data.class_names == null && columns[from].own == null && pen.measureText(heading).width > room;
    pen.fillText(bare ? `${columns[from].class}` : fitted(pen, heading, room), (x(start) + x(to)) / 2, 10, room + 4);
    pen.fillStyle = ink.line;
    pen.fillRect(x(to) - 1, 4, 1, high);
    pen.fillStyle = ink.soft;
    from = to;
  }
}

// ---------------------------------------------------------------------------------------------------------------------- the marked cell

function tell() {
  const target = at("detail");
  if (columns.length === 0) { target.textContent = "No group's class or name matches."; return; }
  if (state.column < 0) {
    target.replaceChildren(element("span", { className: "soft", textContent: "Point at a cell to read it; click it to open the group." }));
    return;
  }
  const column = columns[state.column], value = valueAt(state.row, column), exact = exactAt(state.row, column);
  const single = column.sample != null, one = column.groups.length === 1 && column.own == null, g = column.groups[0];
  const shown = single ? (pictured ? samplePicture(column.sample) : null) : realPictures(g, 1)[0];
  const place = single ? ` of ${groupName(g)} (${groupPlace(g)})` : one && state.level === "groups" ? ` (${groupPlace(g)})`
    : ` (${column.groups.length} groups, ${column.own == null || totalOf(state.row, column.own).by === "sum" ? "effects summed"
      : "removed together"})`;
  target.replaceChildren(...(shown ? [tile(shown, 28), " "] : []), element("b", { textContent: column.name }), place, ": ",
    value == null ? `no effect on the ${objectiveName(state.row)} is known` : effectOn(state.row, value, noiseOfColumn(state.row, column)),
    exact ? `; by exact retraining ${withNoise(...exact)}` : "", single ? ` (by ${data.samples.method})` : "");
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
  const before = state.row;
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
  if (state.row !== before && state.compared >= 0) later(compareMethods);
}

function open() {
  const column = columns[state.column];
  if (!column) return;
  if (state.level === "classes") showInHeat(`class ${column.class}`);
  else if (state.level === "own") showInHeat(column.own);
  else showGroup(column.groups[0], state.row, column.sample);
}

// Shows the groups that a filter names, or another level, in the heat map.
function showInHeat(filter, level = "groups", focus = true) {
  Object.assign(state, { level, filter, column: 0 });
  at("level").value = level;
  at("filter").value = filter;
  refresh();
  at("heat-card").scrollIntoView({ block: "nearest" });
  if (focus) heat.box.focus({ preventScroll: true });
}

heat.box.addEventListener("scroll", redraw);
heat.canvas.addEventListener("pointermove", event => {
  const { row, column } = cellAt(event);
  if (row >= 0 && row < data.objectives.length && column >= 0 && column < columns.length && (row !== state.row || column !== state.column))
    choose(row, column, false);
});
heat.canvas.addEventListener("click", event => {
  const { row, column } = cellAt(event);
  if (row >= data.objectives.length) return;
  if (column >= 0 && column < columns.length && (event.shiftKey || row < 0)) {
    select(columns[column].groups);
  } else if (row < 0) return;
  else if (column < 0) {
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
  else if (event.key === " " && columns[state.column]) select(columns[state.column].groups);
  else if (moves[event.key]) choose(state.row + moves[event.key][0], Math.max(0, state.column + moves[event.key][1]), true);
  else return;
  event.preventDefault();
});

function refresh() {
  arrange();
  layOut();
  tell();
}
