import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useSession } from '../api/session.js';
import { useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';
import { DeleteCertificate, type NamedCertificate } from './delete-certificate.js';

/** The menu of a certificate in the list. Who may not deploy is offered the view alone. */
export function CertificateMenu({ certificate }: { readonly certificate: NamedCertificate }) {
  const { list } = useStrings();
  const { may } = useSession();
  const { go } = useRouter();
  const [deleting, setDeleting] = useState(false);
  const { id, name } = certificate;
  return (
    <>
      <MenuTrigger>
        <Button className="button quiet small" aria-label={list.menu(name)}>
          <span aria-hidden="true">⋯</span>
        </Button>
        <Popover placement="bottom end">
          <Menu className="menu">
            <MenuItem className="menu-item" onAction={() => go(`/certificates/${id}`)}>
              {list.view}
            </MenuItem>
            {may('DEPLOY') && (
              <MenuItem className="menu-item" onAction={() => go(`/certificates/${id}/edit`)}>
                {list.edit}
              </MenuItem>
            )}
            {may('DEPLOY') && (
              <MenuItem className="menu-item danger" onAction={() => setDeleting(true)}>
                {list.delete}
              </MenuItem>
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
      {deleting && <DeleteCertificate certificate={certificate} onClosed={() => setDeleting(false)} />}
    </>
  );
}
