import { DropdownMenu, Popover as RadixPopover } from "radix-ui";
import type { ReactNode } from "react";
import { Icon } from "./icon";

/** A list of actions behind a button. Nothing of it locks the page, which the content security policy would not allow. */
export function Menu({ trigger, children, align = "end" }: { trigger: ReactNode; children: ReactNode; align?: "start" | "end" }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ItemProps {
  onSelect: () => void;
  children: ReactNode;
  disabled?: boolean;
  danger?: boolean;
  checked?: boolean;
}

export function MenuItem({ onSelect, children, disabled, danger, checked }: ItemProps) {
  const content = (
    <>
      {checked !== undefined && <Icon name="check" className={checked ? "" : "opacity-0"} />}
      {children}
    </>
  );
  const className = danger ? "menu-item text-danger" : "menu-item";
  if (checked === undefined) {
    return (
      <DropdownMenu.Item className={className} disabled={disabled} onSelect={onSelect}>
        {content}
      </DropdownMenu.Item>
    );
  }
  const keepOpen = (event: Event) => event.preventDefault();
  return (
    <DropdownMenu.CheckboxItem className={className} checked={checked} onCheckedChange={onSelect} onSelect={keepOpen}>
      {content}
    </DropdownMenu.CheckboxItem>
  );
}

export const MenuSeparator = () => <DropdownMenu.Separator className="my-1 h-px bg-line" />;

interface PopoverProps {
  trigger: ReactNode;
  children: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  className?: string;
}

export function Popover({ trigger, children, open, onOpenChange, className }: PopoverProps) {
  return (
    <RadixPopover.Root open={open} onOpenChange={onOpenChange}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content className={className ?? "menu"} align="start" sideOffset={4} collisionPadding={8}>
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
