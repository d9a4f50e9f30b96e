import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import { tokenIn } from '../../api/token.ts';

type Props = Readonly<{ wasRefused: boolean; onToken: (token: string) => void }>;

export function SignIn({ wasRefused, onToken }: Props) {
  const [text, setText] = useState('');
  const [isTried, setTried] = useState(false);
  const token = tokenIn(text);
  const enter = () => {
    setTried(true);
    if (token) onToken(token);
  };
  useEffect(() => {
    document.title = 'Open the printed address – Bucket Migrator';
  }, []);
  return (
    <main className="narrow-page">
      <Box padding="l">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            enter();
          }}
        >
          <Container header={<Header variant="h1">Open the address that the program printed</Header>}>
            <Form actions={<Button variant="primary">Go on</Button>}>
              <SpaceBetween size="m">
                <Box>
                  {wasRefused
                    ? 'The program was started again since this page was opened, so its old token is no longer good. '
                    : 'This page needs the token that Bucket Migrator made when it started. '}
                  It printed a line like <Box variant="code">Bucket Migrator is ready: http://127.0.0.1:…/#token=…</Box>{' '}
                  in its terminal. Open that address, or paste it here.
                </Box>
                <FormField
                  label="Address or token"
                  errorText={isTried && !token ? 'This holds no token. Paste the whole line that was printed.' : ''}
                >
                  <Input type="password" autoFocus value={text} onChange={({ detail }) => setText(detail.value)} />
                </FormField>
              </SpaceBetween>
            </Form>
          </Container>
        </form>
      </Box>
    </main>
  );
}
