// A zip archive of a few small files, stored as they are.
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});
const DATE = (1 << 5) | 1; // 1 January 1980: the same files give the same archive
const UTF8 = 0x0800;

// files: [name, Uint8Array] each. The answer is a Blob.
export function packZip(files) {
  const [parts, entries] = [[], []];
  let offset = 0;
  for (const [name, content] of files) {
    const path = new TextEncoder().encode(name);
    // Version needed, flags, method, time, date, checksum, both sizes, lengths of name and extra field.
    const facts = [[2, 20], [2, UTF8], [2, 0], [2, 0], [2, DATE], [4, checksum(content)], [4, content.length], [4, content.length], [2, path.length], [2, 0]];
    const head = pack([[4, 0x04034b50], ...facts]);
    // Before them the version that wrote it; after them comment, disk, attributes twice, and where the file is.
    entries.push(pack([[4, 0x02014b50], [2, 20], ...facts, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), path);
    parts.push(head, path, content);
    offset += head.length + path.length + content.length;
  }
  const size = entries.reduce((sum, { length }) => sum + length, 0);
  const end = pack([[4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]]);
  return new Blob([...parts, ...entries, end], { type: "application/zip" });
}

// Numbers as little-endian bytes; each is [how many bytes, number].
function pack(numbers) {
  return Uint8Array.from(numbers.flatMap(([size, number]) => Array.from({ length: size }, (_, i) => (number >>> (8 * i)) & 255)));
}

function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}
