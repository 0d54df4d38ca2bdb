// SPDX-License-Identifier: GPL-2.0-only
/* Eventfds by which a user tells the kernel something, without a system call of ours in between. */
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/vfio.h>

struct virqfd {
	void *opaque;
	struct eventfd_ctx *eventfd;
	int (*handler)(void *opaque, void *data);
	void (*thread)(void *opaque, void *data);
	void *data;
	struct stub_eventfd_waiter wait;
};

static bool virqfd_wakeup(struct stub_eventfd_waiter *wait)
{
	struct virqfd *virqfd = container_of(wait, struct virqfd, wait);
	bool handled = virqfd->handler && !virqfd->handler(virqfd->opaque, virqfd->data);

	return !handled && virqfd->thread;
}

static void virqfd_inject(struct stub_eventfd_waiter *wait)
{
	struct virqfd *virqfd = container_of(wait, struct virqfd, wait);

	virqfd->thread(virqfd->opaque, virqfd->data);
}

int vfio_virqfd_enable(void *opaque, int (*handler)(void *opaque, void *data),
		       void (*thread)(void *opaque, void *data), void *data, struct virqfd **pvirqfd,
		       int fd)
{
	struct virqfd *virqfd = kzalloc(sizeof(*virqfd), GFP_KERNEL_ACCOUNT);
	struct virqfd *none = NULL;
	int ret = -EBUSY;

	if (!virqfd)
		return -ENOMEM;
	*virqfd = (struct virqfd){
		.opaque = opaque, .handler = handler, .thread = thread, .data = data,
		.wait = { .func = virqfd_wakeup, .work = virqfd_inject },
	};
	virqfd->eventfd = eventfd_ctx_fdget(fd);
	if (IS_ERR(virqfd->eventfd)) {
		ret = (int)PTR_ERR(virqfd->eventfd);
		goto out_free;
	}

	/* One at a time: who wants another takes this one away first. */
	if (!__atomic_compare_exchange_n(pvirqfd, &none, virqfd, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST))
		goto out_put;
	stub_eventfd_add_waiter(virqfd->eventfd, &virqfd->wait);
	return 0;

out_put:
	eventfd_ctx_put(virqfd->eventfd);
out_free:
	kfree(virqfd);
	return ret;
}

/* Nothing of it runs any more when this returns. */
void vfio_virqfd_disable(struct virqfd **pvirqfd)
{
	struct virqfd *virqfd = __atomic_exchange_n(pvirqfd, NULL, __ATOMIC_SEQ_CST);

	if (!virqfd)
		return;
	stub_eventfd_remove_waiter(virqfd->eventfd, &virqfd->wait);
	eventfd_ctx_put(virqfd->eventfd);
	kfree(virqfd);
}
