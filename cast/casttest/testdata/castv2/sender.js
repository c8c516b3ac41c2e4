// Drives a receiver with castv2-client: HOST PORT; then a command a line on standard input, such as `seek 60`.
// Says `done` after each.
'use strict';

const readline = require('readline');
const { CastMessage } = require('castv2/lib/proto');
const { Client, DefaultMediaReceiver } = require('castv2-client');

const [host, port] = process.argv.slice(2);
const client = new Client();
let player;

function ended(err) {
  console.error(err);
  process.exit(1);
}

const media = (url, title) => ({
  contentId: url, contentType: 'audio/wav', streamType: 'BUFFERED', metadata: { type: 0, metadataType: 0, title },
});

const commands = {
  load(url, done) {
    client.launch(DefaultMediaReceiver, (err, launched) => {
      if (err) return done(err);
      player = launched;
      player.load(media(url, 'Film'), { autoplay: true }, done);
    });
  },
  seek: (seconds, done) => player.seek(Number(seconds), done),
  pause: (_, done) => player.pause(done),
  play: (_, done) => player.play(done),
  volume: (level, done) => client.setVolume({ level: Number(level) }, done),
  mute: (_, done) => client.setVolume({ muted: true }, done),
  queue: (url, done) => player.queueInsert([{ autoplay: true, media: media(url, 'Next') }], done),
  next: (_, done) => player.media.queueUpdate([], { jump: 1 }, done),
  stop: (_, done) => player.stop(done),
  close: (_, done) => client.stop(player, done),
};

async function obey() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, argument] = line.split(' ');
    await new Promise((resolve) => commands[name](argument, (err) => (err ? ended(err) : resolve())));
    console.log('done');
  }
  process.exit(0);
}

// castv2 loads its message format in the background, tells nobody when it has, and fails until then.
function whenLoaded(go) {
  try {
    CastMessage.serialize({
      protocolVersion: 0, sourceId: '', destinationId: '', namespace: '', payloadType: 0, payloadUtf8: '',
    });
  } catch {
    setTimeout(whenLoaded, 10, go);
    return;
  }
  go();
}

client.on('error', ended);
whenLoaded(() => client.connect({ host, port: Number(port) }, obey));
