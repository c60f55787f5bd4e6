// Fills the page. What is on the first screen comes first; charts are drawn after the first paint.

// Parts further down follow after the browser has responded.
const later = work => window.requestIdleCallback ? requestIdleCallback(work) : setTimeout(work, 50);

function texts() {
  document.title = `${data.source}: what shaped this model`;
  at("subtitle").textContent = data.subtitle;
  at("convention").textContent = `Sign of the numbers: ${data.convention}; for accuracy, margin and logit, a positive effect does.`;
  at("versions").textContent = data.versions;
  at("settings").textContent = JSON.stringify(data.job, null, 2);
  at("synset-note").textContent = !pictured ? "The samples are features of a model: they have no pictures."
    : data.images.synset > 0 ? "A row for each group: images of its synset, then some of its real ones."
      : "Real images of every group; the job's methods use no synset of images.";
  at("gallery-choice").hidden = !pictured;
  samplesNote();
  for (const warning of data.warnings) at("warnings").append(element("p", { textContent: warning }));
  at("warnings").hidden = data.warnings.length === 0;
  for (const [value, label] of data.figures)
    at("figures").append(element("div", { className: "figure" }, element("b", { textContent: value }),
      element("span", { textContent: label })));
}

function samplesNote() {
  if (!data.samples) { at("level").querySelector("[value=samples]").remove(); return; }
  const { ids, total, method, scale, correlation } = data.samples;
  const scaling = scale == null ? "" : ` They are scaled by ${size(scale)}, so that the effects of a group's images add up to its effect `
    + `by ${data.methods[lead].title} as closely as one factor allows`;
  const summed = scale == null ? " Summed by group, their correlation is" : "; summed by group, the correlation of the two is";
  const fit = scaling + (correlation == null ? "" : `${summed} ${number(correlation, 2)}`);
  const which = ids.length < total ? `for ${ids.length} of the ${total} images: more would not fit into this file. They are the images `
    + "with the largest effects, some of every group" : `for all ${total} images`;
  at("samples-note").textContent = `Effects of single images are computed by ${method}, ${which}.${fit ? `${fit}.` : ""}`;
}

function choices() {
  data.methods.forEach((method, i) => { at("method").add(new Option(method.title, i)); at("compare").add(new Option(method.title, i)); });
  at("method").value = state.method;
  offerComparison();
  at("compare-choice").hidden = data.methods.length < 2;
  if (!spansClasses) at("level").querySelector("[value=own]").remove();
  for (const id of ["objective", "group-objective"]) data.objectives.forEach((_, i) => at(id).add(new Option(objectiveName(i), i)));
  data.images.classes.forEach((entry, i) => at("gallery-class").add(new Option(className(entry.class), i)));
  if (!data.mistakes) at("to-mistakes").remove();
  if (!data.suspects) at("to-suspects").remove();
}

// A method is compared with another one.
function offerComparison() {
  for (const option of at("compare").options) option.disabled = Number(option.value) === state.method;
  if (state.compared === state.method) at("compare").value = state.compared = -1;
}

for (const id of ["method", "level", "order", "filter", "scale"])
  at(id).addEventListener("input", () => {
    state[id] = id === "method" ? Number(at(id).value) : at(id).value;
    refresh();
    if (id !== "method") return;
    offerComparison();
    later(() => { extremes(); selectionChanged(); });
    later(() => { scatter(); groupEffects(); compareMethods(); gallery(); });
  });
at("compare").addEventListener("input", () => { state.compared = Number(at("compare").value); compareMethods(); });
at("objective").addEventListener("input", () => { state.objective = Number(at("objective").value); extremes(); });
at("group-objective").addEventListener("input", () => {
  state.groupObjective = Number(at("group-objective").value);
  showGroup(state.group, state.groupObjective, state.marked, false);
});
at("group-open").addEventListener("click", () => {
  const { name } = data.groups[state.group];
  state.row = state.groupObjective;
  showInHeat(name != null && !spans(name) ? name : `group ${state.group}`, "samples");
});
at("gallery-class").addEventListener("input", gallery);

// Only the width matters: a change of the page's height needs no new layout.
let width = 0;
new ResizeObserver(([main]) => {
  if (main.contentRect.width === width) return;
  width = main.contentRect.width;
  layOut();
}).observe(document.querySelector("main"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  draw();
  for (const entry of charts) chart(entry.node, entry.make);
});

texts();
choices();
answer();
ownGroups();
refresh();
extremes();
methodTable();
mistakes();
suspects();
gallery();
fill(at("stages"), ["stage", "time", "peak memory"],
  data.stages.map(stage => [stage.name, seconds(stage.seconds), bytes(stage.peak_bytes)]));
// Parts further down are drawn after the first paint.
requestAnimationFrame(() => setTimeout(() => {
  scatter();
  curves();
  follow();
  document.documentElement.dataset.ready = "yes";
}));

// A chart has another size on paper than on the screen: with a viewBox it is scaled instead of truncated.
addEventListener("beforeprint", () => {
  for (const svg of document.querySelectorAll(".chart svg"))
    svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
});
addEventListener("afterprint", () => document.querySelectorAll(".chart svg").forEach(svg => svg.removeAttribute("viewBox")));
