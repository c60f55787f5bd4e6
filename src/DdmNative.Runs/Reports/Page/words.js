"use strict";

// The page's data, and how numbers, names and effects are written.

const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const summary = data.summary;
const allGroups = data.groups.map((_, g) => g);
// The method that the run's summary names as its most reliable one.
const lead = Math.max(0, data.methods.findIndex(method => method.name === summary.lead));
const state = { method: lead, compared: -1, level: "groups", order: "number", filter: "", scale: "row", objective: 0, row: 0, column: -1,
  group: -1, groupObjective: 0, marked: -1, selected: new Set() };

// ---------------------------------------------------------------------------------------------------------------------- numbers

const number = (value, digits) => value == null ? "–" : value.toFixed(digits).replace(/^-(?=[0.]+$)/, "");
const size = value => value !== 0 && value < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
const signed = value => value == null ? "–" : (value > 0 ? "+" : value < 0 ? "−" : "") + size(Math.abs(value));
const seconds = value => value == null ? "–" : value < 10 ? `${value.toFixed(2)} s` : value < 120 ? `${value.toFixed(0)} s`
  : `${(value / 60).toFixed(1)} min`;
const bytes = value => value ? `${(value / 2 ** 20).toFixed(0)} MiB` : "–";
const shortened = (text, most) => text.length <= most ? text : `${text.slice(0, most - 1)}…`;
const images = count => `${count} image${count === 1 ? "" : "s"}`;

// With its noise to one digit, or two if the first is a one, and the value to the same place: −0.088 ± 0.006.
function withNoise(value, noise) {
  if (value == null || noise == null || !(noise > 0)) return signed(value);
  const place = Math.floor(Math.log10(noise)), first = Math.floor(noise / 10 ** place);
  const digits = Math.min(8, Math.max(0, (first === 1 ? 1 : 0) - place));
  const shown = Math.abs(value).toFixed(digits);
  return `${Number(shown) === 0 ? "" : value > 0 ? "+" : "−"}${shown} ± ${noise.toFixed(digits)}`;
}

const hidden = (value, noise) => noise != null && Math.abs(value) < 2 * noise;

// ---------------------------------------------------------------------------------------------------------------------- names

const className = c => c < 0 ? "several classes" : data.class_names?.[c] ?? `class ${c}`;
// A user's name can belong to a group of every class.
const groupsOfName = new Map();
data.groups.forEach(({ name }, g) => { if (name != null) groupsOfName.set(name, [...(groupsOfName.get(name) ?? []), g]); });
const spans = name => groupsOfName.get(name)?.length > 1;
function groupName(g) {
  const { name, class: own } = data.groups[g];
  if (name == null) return data.granularity === "class" ? className(own) : `group ${g}`;
  return spans(name) ? `${name}, ${className(own)}` : name;
}
// The class is left out if the name has it already.
function groupPlace(g) {
  const { name, class: own, cluster, size: count } = data.groups[g];
  if (data.granularity === "class" || spans(name)) return images(count);
  return `${className(own)}${name == null ? `, cluster ${cluster}` : ""}, ${images(count)}`;
}
const imageName = (id, file, source = data.source) => file ?? `image ${id} of ${source}`;

const objectiveName = o => data.objective_names[o];
// In a list of rows, the class alone after a row of the same kind.
const rowNames = data.objectives.map((name, o) => {
  const [kind, scope, list] = name.split(/[:=]/);
  return o > 0 && scope === "class" && data.objectives[o - 1].startsWith(kind) ? className(Number(list)) : objectiveName(o);
});

// ---------------------------------------------------------------------------------------------------------------------- effects

// For a loss, less is better; for everything else, more is better.
const harm = (o, value) => data.harm_signs[o] * value;
const matrix = () => data.matrices[state.method];
const effectAt = (o, g, method = state.method) => data.matrices[method][o][g];
const noiseAt = (o, g, method = state.method) => data.noise?.[method]?.[o][g] ?? null;
const side = (o, value) => harm(o, value) > 0 ? "harms" : "helps";

// An effect with its noise, in the colour of its side; grey, and marked, if the noise hides it.
function effectNode(o, value, noise = null) {
  const lost = hidden(value, noise);
  const node = element("span", { className: `effect ${lost ? "soft" : side(o, value)}`, textContent: withNoise(value, noise) });
  return lost ? element("span", { className: "hidden-effect" }, node, " ", element("span", { className: "tag",
    textContent: "within noise" })) : node;
}

// The noise of a sum of effects, as that of independent numbers; null if one is unknown.
function noiseOfSum(noises) {
  return noises.includes(null) ? null : Math.sqrt(noises.reduce((sum, noise) => sum + noise * noise, 0));
}

// ---------------------------------------------------------------------------------------------------------------------- elements

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function button(text, action, className = "") {
  const node = element("button", { type: "button", textContent: text, className });
  node.addEventListener("click", action);
  return node;
}

// A link to a group within the page.
const groupLink = (g, text = groupName(g)) => button(text, () => showGroup(g), "link");

// Saves a text as a file.
function save(name, text, type = "text/csv") {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}

// Lines of a csv; a field with a comma, a quote or a line end is quoted.
const csv = rows => rows.map(row => row.map(field => {
  const text = field == null ? "" : String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
}).join(",")).join("\n") + "\n";
