// SPDX-License-Identifier: GPL-2.0-only
/*
 * From drivers/tty: what stops a terminal's output. The other side of the line does by
 * dropping CTS, which interrupts; a user does by an ioctl. Left out: that output stops.
 */
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct tty_struct {
	unsigned char stopped:1, hw_stopped:1, flow_stopped:1, packet:1;
	unsigned char ctrl_status;
};

struct uart_port {
	spinlock_t lock;
	unsigned int irq;
	bool cts;
	struct tty_struct *tty;
};

static struct tty_struct tty;
static struct uart_port uart = { .irq = 4, .tty = &tty };

/* Called with port->lock held. */
void uart_handle_cts_change(struct uart_port *port, bool status)
{
	struct tty_struct *tty = port->tty;

	if (tty->hw_stopped != !status)
		tty->hw_stopped = !status;
}

irqreturn_t serial_interrupt(int irq, void *dev_id)
{
	struct uart_port *port = dev_id;
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	uart_handle_cts_change(port, port->cts);
	spin_unlock_irqrestore(&port->lock, flags);
	return IRQ_HANDLED;
}

int serial_startup(struct uart_port *port)
{
	return request_irq(port->irq, serial_interrupt, 0, "serial", port);
}

/* tcflow(fd, TCOOFF) */
void tty_tcoff(struct tty_struct *tty)
{
	if (!tty->flow_stopped)
		tty->flow_stopped = 1;
}
