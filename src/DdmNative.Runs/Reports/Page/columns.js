// The columns of the heat map: which, in which order, and their values.

let columns = [];

// A column is a group, or all groups of a class or of one of the user's names, whose effects are summed, or a single image.
function valueAt(o, column, method = state.method) {
  if (column.sample != null) return sampleEffects(o)?.[column.sample] ?? null;
  if (column.own != null) return totalOf(o, column.own, method).value;
  const row = data.matrices[method][o];
  let sum = 0;
  for (const g of column.groups) sum += row[g];
  return sum;
}

function noiseOfColumn(o, column) {
  if (column.sample != null) return null;
  return column.own != null ? totalOf(o, column.own).noise : noiseOfSum(column.groups.map(g => noiseAt(o, g)));
}

// [effect, noise] by exact retraining; null if a group was not retrained without.
function exactAt(o, column) {
  if (!data.exact || column.sample != null) return null;
  let sum = 0;
  for (const g of column.groups) {
    if (data.exact[o][g] == null) return null;
    sum += data.exact[o][g];
  }
  return [sum, column.groups.length === 1 ? data.exact_noise?.[o][column.groups[0]] ?? null : null];
}

function matches(g, filter) {
  if (filter === "") return true;
  const { name, class: own } = data.groups[g];
  const numbers = /^(class|group)\s*(\d+(?:\s*[,-]\s*\d+)*)$/i.exec(filter);
  if (!numbers)
    return [groupName(g), className(own), `class ${className(own)}`, ...(name == null ? [] : [name])]
      .some(text => text.toLowerCase().includes(filter.toLowerCase()));
  const value = numbers[1].toLowerCase() === "class" ? own : g;
  return numbers[2].split(",").some(part => {
    const [from, to] = part.split("-").map(Number);
    return value >= from && value <= (to ?? from);
  });
}

function columnsOf(level, shown) {
  if (level === "groups") return shown.map(g => ({ groups: [g], class: data.groups[g].class, name: groupName(g) }));
  if (level === "samples") {
    const inside = new Set(shown);
    return data.samples.ids.map((_, i) =>
      ({ sample: i, groups: [data.samples.groups[i]], class: data.groups[data.samples.groups[i]].class, name: sampleName(i) }))
      .filter(column => inside.has(column.groups[0]));
  }
  if (level === "own") {
    const names = [...new Set(shown.map(g => data.groups[g].name))];
    return names.map((name, i) => ({ own: name, groups: groupsOfName.get(name), class: i, name }));
  }
  return [...new Set(shown.map(g => data.groups[g].class))]
    .map(c => ({ groups: shown.filter(g => data.groups[g].class === c), class: c, name: className(c) }));
}

function arrange() {
  columns = columnsOf(state.level, allGroups.filter(g => matches(g, state.filter.trim())));
  if (state.order !== "number") {
    const sign = state.order === "helpful" ? 1 : -1;
    const keys = new Map(columns.map(column => [column, sign * harm(state.row, valueAt(state.row, column))]));
    columns.sort((a, b) => keys.get(a) - keys.get(b));
  } else columns.sort((a, b) => a.class - b.class || a.groups[0] - b.groups[0]);
  state.column = Math.min(state.column, columns.length - 1);
}

// The heading of a run of columns with one class; the column's own name if it is one of the user's.
const headingOf = column => column.own ?? className(column.class);
