// Cuts one CLI out of package.json and its lock, so that it can be installed without the others.
//   node cut.js list [everyday]        names, one a line
//   node cut.js executable NAME        the executable's path below node_modules
//   node cut.js write NAME DIR         writes DIR/package.json and DIR/package-lock.json
const fs = require("fs");
const path = require("path");

const manifest = JSON.parse(fs.readFileSync(path.join(__dirname, "package.json"), "utf8"));
const [command, name, dir] = process.argv.slice(2);

function cli() {
  const found = manifest.clis[name];
  if (!found) {
    console.error(`install-clis: no CLI is called '${name}'; there are: ${Object.keys(manifest.clis).join(" ")}`);
    process.exit(2);
  }
  return found;
}

if (command === "list") {
  const wanted = Object.keys(manifest.clis).filter((n) => name !== "everyday" || manifest.clis[n].everyday);
  console.log(wanted.join("\n"));
} else if (command === "executable") {
  console.log(cli().executable);
} else if (command === "write") {
  const lock = JSON.parse(fs.readFileSync(path.join(__dirname, "package-lock.json"), "utf8"));
  const alias = cli().executable.split("/")[0];
  const entry = `node_modules/${alias}`;
  const root = { name: manifest.name, dependencies: { [alias]: manifest.dependencies[alias] } };
  const cut = { ...lock, packages: { "": root, [entry]: lock.packages[entry] } };
  fs.writeFileSync(path.join(dir, "package.json"), JSON.stringify({ ...root, private: true }, null, 2));
  fs.writeFileSync(path.join(dir, "package-lock.json"), JSON.stringify(cut, null, 2));
} else {
  console.error("cut.js: expected list, executable or write");
  process.exit(2);
}
