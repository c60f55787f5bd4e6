// Training images whose labels are most likely wrong.

const shownSuspects = 24;

function suspects(most = shownSuspects) {
  at("suspects-card").hidden = !data.suspects;
  if (!data.suspects) return;
  const { list, total, score } = data.suspects;
  at("suspects-note").textContent = `The ${list.length} training images whose labels look most doubtful`
    + `${list.length < total ? `, of ${total} that are listed` : ""}, with the class that the model sees, the most doubtful first. Look at `
    + "them before you remove or relabel them: a rare but correct image can look like a wrong one.";
  at("suspects-score").textContent = score ? `Ranked by ${score}.` : "";
  const pictures = list.map((suspect, i) => ({ ...data.suspects.images, sheet: data.suspects.images?.picture, index: i,
    class: suspect.label, group: suspect.group, name: imageName(suspect.sample, suspect.file),
    facts: () => [["the model sees", `${className(suspect.predicted)}, ${percent(suspect.probability)}`],
      ["loss", size(suspect.loss)], ["score", `${size(suspect.score)}, rank ${suspect.rank}`]] }));
  at("suspects").replaceChildren(...list.slice(0, most).map((suspect, i) =>
    element("figure", { className: "shot" }, ...(pictured ? [pictureButton(pictures, i, 56)] : []),
      element("figcaption", {}, element("b", { textContent: className(suspect.label) }),
        element("span", { className: "soft", textContent: suspect.predicted === suspect.label ? "the model agrees"
          : `→ ${className(suspect.predicted)}` }),
        element("span", { className: "file", title: pictures[i].name,
          textContent: suspect.file?.split("/").at(-1) ?? `image ${suspect.sample}` })))));
  at("suspects-more").hidden = most >= list.length;
  at("suspects-more").textContent = `Show all ${list.length}`;
}

at("suspects-more").addEventListener("click", () => suspects(Infinity));
// The columns of the run's suspects.csv.
at("suspects-save").addEventListener("click", () => save("suspects.csv", csv([
  ["sample", "file", "label", "class_name", "score", "rank", "predicted", "predicted_name", "probability", "loss"],
  ...data.suspects.list.map(({ sample, file, label, score, rank, predicted, probability, loss }) =>
    [sample, file, label, data.class_names?.[label], score, rank, predicted, data.class_names?.[predicted], probability, loss]),
])));
