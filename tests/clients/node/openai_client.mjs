// The openai client of npm, one call a run. Arguments: action, base URL, token, file of the picture. Prints what came back.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import OpenAI, { toFile } from 'openai';

const [action, baseURL, apiKey, path] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const call = (input_reference, more = {}) => client.videos.create({
  prompt: 'A fox trots over a frozen lake, the ice sings and a hare looks up.',
  input_reference, model: 'sora-2', seconds: '4', size: '720x1280', ...more,
});
const fromBuffer = async () => toFile(await readFile(path), 'image.png', { type: 'image/png' });

async function poll() {
  let video = await call(await fromBuffer());
  const seen = [video.status];
  while (video.status === 'queued' || video.status === 'in_progress') {
    video = await client.videos.retrieve(video.id);
    seen.push(video.status);
  }
  return { seen, progress: video.progress };
}

const actions = {
  stream: () => call(createReadStream(path)),
  buffer: async () => call(await fromBuffer()),
  request: async () => ({ request_id: (await call(await fromBuffer()))._request_id }),
  poll,
  bad: async () => call(await fromBuffer(), { seconds: '10' }),
  lost: () => client.videos.retrieve('video_123'),
};

try {
  console.log(JSON.stringify(await actions[action]()));
} catch (error) {
  const { status, code, param, message, requestID } = error;
  console.log(JSON.stringify({ name: error.constructor.name, status, code, param, message, requestID }));
}
