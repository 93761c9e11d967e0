import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

export interface FrameProps {
  readonly title: string;
  readonly onClosed: () => void;
  readonly wide?: boolean;
  /** It asks before something happens that cannot be undone. */
  readonly alert?: boolean;
  readonly children: ReactNode;
}

/** A dialog. The Escape key and its Cancel button close it alike. */
export function Frame({ title, onClosed, wide = false, alert = false, children }: FrameProps) {
  return (
    <ModalOverlay
      isOpen
      className="overlay"
      onOpenChange={(open) => {
        if (!open) onClosed();
      }}
    >
      <Modal className={wide ? 'modal wide' : 'modal'}>
        <Dialog role={alert ? 'alertdialog' : 'dialog'}>
          <Heading slot="title">{title}</Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
