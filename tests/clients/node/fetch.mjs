// The document's fetch call, in Node. Arguments: URL, token, file of the picture, seconds. Prints what came back.
import { readFile } from 'node:fs/promises';

const [url, token, path, seconds] = process.argv.slice(2);
const formData = new FormData();
formData.append('prompt', 'A fox trots over a frozen lake, the ice sings and a hare looks up.');
formData.append('input_reference', new Blob([await readFile(path)], { type: 'image/png' }), 'image.png');
formData.append('model', 'sora-2');
formData.append('seconds', seconds);
formData.append('size', '720x1280');

const answer = await fetch(url, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: formData });
console.log(JSON.stringify({ status: answer.status, body: await answer.json() }));
