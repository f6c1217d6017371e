// Writes what is built a second time, compressed, beside itself: the server needs no compressor.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const MOST_AT_FIRST_KB = 350;

const root = process.argv[2];
const index = await readFile(join(root, "index.html"), "utf8"); // names what a browser loads before any page
let first = 0;
for (const name of await readdir(root, { recursive: true })) {
  if (!/\.(js|css|svg|md)$/.test(name)) continue;
  const content = await readFile(join(root, name));
  if (content.length < 1024) continue;
  const gzip = gzipSync(content, { level: 9 });
  gzip[9] = 255; // the operating system, which must not make a difference
  await writeFile(join(root, `${name}.gz`), gzip);
  await writeFile(join(root, `${name}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  if (index.includes(name)) first += gzip.length;
}
const kB = Math.ceil(first / 1024);
console.log(`first load: ${kB} kB compressed`);
if (kB > MOST_AT_FIRST_KB) throw new Error(`The first load is larger than ${MOST_AT_FIRST_KB} kB.`);
