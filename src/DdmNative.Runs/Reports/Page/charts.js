// Charts: predicted against exact effects, two methods, the effects of a group, and curves.

// SVG prints and zooms best, but each of its points is an element: beyond a few hundred, a canvas is several times faster.
const mostElements = 300;
const charts = [];

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
    axisLabel: { color: colour("--soft"), fontSize: 11, hideOverlap: true }, splitLine: { lineStyle: { color: colour("--line") } },
    axisLine: { lineStyle: { color: colour("--line") } }, ...more,
  };
}

const tip = () => ({ confine: true, backgroundColor: colour("--card"), borderColor: colour("--line"),
  textStyle: { color: colour("--ink"), fontSize: 13 } });
// A chart's tooltip is HTML, so names from files must be escaped.
const plain = text => echarts.format.encodeHTML(String(text));

function pearson(x, y) {
  const mean = values => values.reduce((sum, v) => sum + v, 0) / values.length;
  const mx = mean(x), my = mean(y);
  let xy = 0, xx = 0, yy = 0;
  for (let i = 0; i < x.length; i++) { xy += (x[i] - mx) * (y[i] - my); xx += (x[i] - mx) ** 2; yy += (y[i] - my) ** 2; }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}

// Points of groups { value: [x, y], g, bad } and the line y = slope·x; a click opens a group.
function pointChart(node, points, slope, [across, up]) {
  const low = Math.min(0, ...points.map(p => p.value[0])), high = Math.max(0, ...points.map(p => p.value[0]));
  const plot = chart(node, () => ({
    aria: { enabled: true }, grid: { left: 62, right: 16, top: 12, bottom: 46 },
    xAxis: axis(across), yAxis: axis(up, { nameGap: 46 }),
    tooltip: { ...tip(), formatter: p => p.data.g == null ? "" : `${plain(groupName(p.data.g))} (${plain(groupPlace(p.data.g))})<br>`
      + `${plain(across)} ${signed(p.value[0])}, ${plain(up)} ${signed(p.value[1])}` },
    series: [
      { type: "line", data: [[low, slope * low], [high, slope * high]], symbol: "none", silent: true,
        lineStyle: { type: "dashed", color: colour("--soft"), width: 1 } },
      ...[false, true].map(bad => ({ type: "scatter", symbolSize: 9,
        itemStyle: { color: colour(bad ? "--harms" : "--helps"), opacity: 0.75 }, data: points.filter(p => p.bad === bad) })),
    ],
  }), points.length);
  plot.off("click");
  plot.on("click", p => { if (p.data.g != null) showGroup(p.data.g); });
}

const correlationOf = points => pearson(points.map(p => p.value[0]), points.map(p => p.value[1]));

function scatter() {
  if (!data.exact) { at("scatter-card").hidden = true; return; }
  const points = [];
  data.groups.forEach((group, g) => {
    const own = data.objectives.indexOf(`loss:class=${group.class}`), o = own < 0 ? 0 : own;
    if (data.exact[o][g] != null) points.push({ value: [matrix()[o][g], data.exact[o][g]], g, bad: harm(o, data.exact[o][g]) > 0 });
  });
  const products = points.reduce((sum, p) => sum + p.value[0] * p.value[1], 0),
    squares = points.reduce((sum, p) => sum + p.value[0] ** 2, 0), slope = squares > 0 ? products / squares : 0;
  at("scatter-note").textContent = "One point for each group in exact retraining: its effect on its own class's loss if that is a row, "
    + `otherwise on the first row. Correlation ${number(correlationOf(points), 2)}; the line is the best slope, ${signed(slope)}.`;
  pointChart(at("scatter"), points, slope, ["predicted", "exact"]);
}

// The effects of all groups on the marked row, by the method of the map and by another.
function compareMethods() {
  at("compared").hidden = state.compared < 0;
  if (state.compared < 0) return;
  const [first, second] = [state.method, state.compared].map(method => data.methods[method].title), o = state.row;
  const points = allGroups.map(g => ({ value: [effectAt(o, g), effectAt(o, g, state.compared)], g, bad: harm(o, effectAt(o, g)) > 0 }));
  const everywhere = pearson(data.matrices[state.method].flat(), data.matrices[state.compared].flat());
  at("compared-title").textContent = `${first} and ${second}`;
  at("compared-note").textContent = `The effect of every group on the ${objectiveName(o)} by both methods. Their correlation is `
    + `${number(correlationOf(points), 2)} here, and ${number(everywhere, 2)} over all rows. On the dashed line both say the same.`;
  pointChart(at("compared-chart"), points, 1, [first, second]);
}

function groupEffects() {
  const g = state.group;
  if (g < 0) return;
  const exact = data.exact && data.objectives.some((_, o) => data.exact[o][g] != null), many = data.objectives.length > 30;
  chart(at("group-effects"), () => ({
    grid: { left: 62, right: 14, top: exact ? 34 : 12, bottom: many ? 24 : 84 },
    tooltip: { ...tip(), trigger: "axis", valueFormatter: signed },
    legend: { show: !!exact, top: 0, left: 0, textStyle: { color: colour("--soft") } },
    xAxis: axis("", { type: "category", data: data.objectives.map((_, o) => rowNames[o]), axisLabel: { show: !many,
      color: colour("--soft"), fontSize: 11, rotate: data.objectives.length > 3 ? 40 : 0, formatter: text => shortened(text, 16) } }),
    yAxis: axis("effect", { nameGap: 46 }),
    series: [
      { type: "bar", name: data.methods[state.method].title, barMaxWidth: 34, itemStyle: { color: colour("--helps") },
        data: data.objectives.map((_, o) =>
          ({ value: matrix()[o][g], itemStyle: { color: colour(`--${side(o, matrix()[o][g])}`) } })) },
      ...(exact ? [{ type: "scatter", name: "exact retraining", symbol: "diamond", symbolSize: 9, itemStyle: { color: colour("--ink") },
        data: data.objectives.map((_, o) => data.exact[o][g] ?? null) }] : []),
    ],
  }));
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
      grid: { left: 62, right: 14, top: 12, bottom: 46 },
      tooltip: { ...tip(), trigger: "axis", valueFormatter: value => Number(value.toPrecision(4)).toString() },
      xAxis: axis("step"), yAxis: axis(curve.value, { nameGap: 46 }),
      series: [{ type: "line", name: curve.value, data: curve.points, symbol: curve.points.length === 1 ? "circle" : "none",
        lineStyle: { width: 1.5, color: colour("--helps") }, itemStyle: { color: colour("--helps") } }],
    }));
  }
}
