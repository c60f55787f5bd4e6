// Groups that the reader selects, and what can be done with them: the command that forgets them, a csv, the sum of their effects.

// A checkbox for a group, or for several at once. All checkboxes of a group follow each other.
function selectionBox(groups, name = null, bare = false) {
  const own = [groups].flat();
  const box = element("input", { type: "checkbox", className: "select", checked: own.every(g => state.selected.has(g)) });
  box.dataset.groups = own.join();
  box.addEventListener("change", () => select(own, box.checked));
  if (name != null || bare) {
    box.setAttribute("aria-label", `Select ${name ?? groupName(own[0])}`);
    return box;
  }
  return element("label", { className: "choice" }, box, "Select");
}

function select(groups, on = !groups.every(g => state.selected.has(g))) {
  for (const g of groups) if (on) state.selected.add(g); else state.selected.delete(g);
  selectionChanged();
}

const selectedGroups = () => [...state.selected].sort((a, b) => a - b);

function selectionChanged() {
  for (const box of document.querySelectorAll("input.select"))
    box.checked = box.dataset.groups.split(",").every(g => state.selected.has(Number(g)));
  const chosen = selectedGroups(), o = state.row;
  at("selection").hidden = chosen.length === 0;
  redraw();
  if (chosen.length === 0) return;
  const words = data.granularity === "class" ? ["class", "classes"] : ["group", "groups"];
  const count = chosen.reduce((sum, g) => sum + data.groups[g].size, 0);
  at("selection-text").replaceChildren(
    element("b", { textContent: `${chosen.length} ${words[chosen.length === 1 ? 0 : 1]}, ${images(count)}` }), " · ",
    ...(chosen.length > 1 ? ["sum of their effects "] : []),
    effectOn(o, chosen.reduce((sum, g) => sum + effectAt(o, g), 0), noiseOfSum(chosen.map(g => noiseAt(o, g)))));
  at("selection-command").textContent = forgetCommand(chosen);
  at("selection-copied").textContent = "";
}

// A folder's name is quoted for a shell if it has other than plain characters.
const quoted = text => /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function forgetCommand(chosen) {
  const what = data.granularity === "class" ? chosen.map(g => `class=${data.groups[g].class}`).join(" ") : `group=${chosen.join()}`;
  return `ddm unlearn --run ${quoted(summary.run)} --forget ${what}`;
}

// Copies the command; if the browser does not allow that, selects its text so that it can be copied by hand.
async function copyCommand() {
  const command = at("selection-command");
  try {
    await navigator.clipboard.writeText(command.textContent);
    at("selection-copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(command);
    at("selection-copied").textContent = "The command is selected: copy it with Ctrl+C or ⌘C.";
  }
}

function saveSelection() {
  const o = state.row;
  save("selection.csv", csv([
    ["group", "name", "class", "class_name", "images", "objective", "method", "effect", "noise"],
    ...selectedGroups().map(g => {
      const { name, class: own, size: count } = data.groups[g];
      return [g, name, own, data.class_names?.[own], count, data.objectives[o], data.methods[state.method].name, effectAt(o, g),
        noiseAt(o, g)];
    }),
  ]));
}

at("selection-copy").addEventListener("click", copyCommand);
at("selection-save").addEventListener("click", saveSelection);
at("selection-clear").addEventListener("click", () => { state.selected.clear(); selectionChanged(); });
