import { useState } from 'react';
import { Button, DropZone, FileTrigger, Input, Label, Text, TextArea, TextField } from 'react-aria-components';
import type { ContentEncoding } from '../api/answer-types.js';
import { useStrings } from '../strings/strings.js';

/** What is read: all that the service needs to find certificates in it. */
export type Reading =
  | { readonly source: 'CONNECTION'; readonly url: string }
  | { readonly source: 'FILE'; readonly content: string; readonly password: string | null }
  | { readonly source: 'CLIPBOARD'; readonly content: string; readonly encoding: ContentEncoding };

interface SourceProps {
  readonly reading: boolean;
  readonly onRead: (reading: Reading) => void;
}

export function ConnectionFields({ reading, onRead, first }: SourceProps & { readonly first: string }) {
  const { definition } = useStrings();
  const [url, setUrl] = useState(first);
  const read = () => onRead({ source: 'CONNECTION', url: url.trim() });
  return (
    <div className="beside">
      <TextField
        type="url"
        value={url}
        onChange={setUrl}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && url.trim() !== '') read();
        }}
      >
        <Label>{definition.url}</Label>
        <Input />
        <Text slot="description">{definition.urlHint}</Text>
      </TextField>
      <Button className="button" isDisabled={reading || url.trim() === ''} onPress={read}>
        {reading ? definition.retrieving : definition.retrieve}
      </Button>
    </div>
  );
}

/** @param locked whether the file opens with a password alone */
export function FileFields({ reading, onRead, locked }: SourceProps & { readonly locked: boolean }) {
  const { definition } = useStrings();
  const [file, setFile] = useState<{ readonly name: string; readonly content: string } | null>(null);
  const [password, setPassword] = useState('');
  const [failed, setFailed] = useState(false);
  const take = async (given: File | undefined) => {
    if (!given) return;
    try {
      const content = await base64Of(given);
      setFailed(false);
      setFile({ name: given.name, content });
      onRead({ source: 'FILE', content, password: null });
    } catch {
      setFailed(true);
    }
  };
  const open = () => {
    if (file) onRead({ source: 'FILE', content: file.content, password });
  };
  return (
    <div className="stack">
      <div className="field">
        <span id="file-label">{definition.file}</span>
        <DropZone
          className="drop"
          aria-labelledby="file-label"
          onDrop={({ items }) => {
            const [item] = items.filter((one) => one.kind === 'file');
            if (item) void item.getFile().then(take);
          }}
        >
          <Text slot="label">{definition.drop}</Text>
          <FileTrigger onSelect={(files) => void take(files?.[0])}>
            <Button className="button">{definition.selectFile}</Button>
          </FileTrigger>
          {file && <code>{file.name}</code>}
        </DropZone>
        {failed && <p className="problem">{definition.fileFailed}</p>}
      </div>
      {locked && (
        <div className="beside">
          <TextField type="password" autoComplete="off" value={password} onChange={setPassword}>
            <Label>{definition.password}</Label>
            <Input />
          </TextField>
          <Button className="button" isDisabled={reading || password === ''} onPress={open}>
            {definition.open}
          </Button>
        </div>
      )}
    </div>
  );
}

export function ClipboardFields({ reading, onRead }: SourceProps) {
  const { definition } = useStrings();
  const [content, setContent] = useState('');
  const [encoding, setEncoding] = useState<ContentEncoding>('BASE64PEM');
  return (
    <div className="stack">
      <TextField value={content} onChange={setContent}>
        <Label>{definition.pasted}</Label>
        <TextArea className="mono" spellCheck="false" rows={6} />
      </TextField>
      <div className="row bottom">
        <label className="field">
          <span>{definition.encoding}</span>
          <select value={encoding} onChange={({ target }) => setEncoding(target.value as ContentEncoding)}>
            <option>BASE64PEM</option>
            <option>BASE64</option>
          </select>
        </label>
        <Button
          className="button"
          isDisabled={reading || content.trim() === ''}
          onPress={() => onRead({ source: 'CLIPBOARD', content, encoding })}
        >
          {definition.read}
        </Button>
      </div>
    </div>
  );
}

async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}
