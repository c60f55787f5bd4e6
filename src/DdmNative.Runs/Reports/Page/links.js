// Addresses of parts: report.html#group=32, #class=6 (or its name) and #mistake=3 (the test image's number).

// Puts what is shown into the page's address.
function remember(part) {
  try {
    history.replaceState(null, "", `#${part}`);
  } catch {
    // Some browsers refuse this for files; the page works without it.
  }
}

function follow() {
  const [, kind, value] = /^#(group|class|mistake)=(.+)$/.exec(decodeURIComponent(location.hash)) ?? [];
  const number = /^\d+$/.test(value) ? Number(value) : -1;
  if (kind === "group" && data.groups[number]) {
    showGroup(number, 0, -1, false);
    at("group").scrollIntoView();
  } else if (kind === "class") showClass(number >= 0 ? number : data.class_names?.indexOf(value) ?? -1);
  else if (kind === "mistake" && data.mistakes) {
    const i = data.mistakes.list.findIndex(mistake => mistake.test === number);
    if (i < 0) return;
    showMistake(i);
    at("mistakes-card").scrollIntoView();
  }
}

function showClass(c) {
  if (!data.groups.some(group => group.class === c)) return;
  showInHeat(`class ${c}`, "groups", false);
  const place = data.images.classes.findIndex(entry => entry.class === c);
  if (place >= 0) { at("gallery-class").value = place; gallery(); }
  at("heat-card").scrollIntoView();
}

addEventListener("hashchange", follow);
