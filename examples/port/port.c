// SPDX-License-Identifier: GPL-2.0-only
#include <linux/spinlock.h>
#include <linux/types.h>

static struct port {
	spinlock_t tx_lock;	/* of busy */
	spinlock_t rx_lock;	/* of stopped */
	bool busy:1;
	bool stopped:1;
} port;

void port_send(struct port *port)
{
	spin_lock(&port->tx_lock);
	port->busy = true;
	spin_unlock(&port->tx_lock);
}

void port_throttle(struct port *port)
{
	spin_lock(&port->rx_lock);
	port->stopped = true;
	spin_unlock(&port->rx_lock);
}
