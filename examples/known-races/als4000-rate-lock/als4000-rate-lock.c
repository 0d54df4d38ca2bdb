// SPDX-License-Identifier: GPL-2.0-only
/*
 * From sound/pci/als4000.c: two streams of a sound chip that share its rate. fifo2_control
 * stands for a register of its mixer. Left out: the rest of the chip.
 */
#include <linux/spinlock.h>
#include <linux/types.h>

#define SB_RATE_LOCK_PLAYBACK 0x10
#define SB_RATE_LOCK_CAPTURE 0x20
#define CAPTURE_STARTS 0x80

struct snd_sb {
	unsigned int mode;
	spinlock_t reg_lock;
	spinlock_t mixer_lock;
	unsigned int fifo2_control;
};

static struct snd_sb chip;

void snd_als4000_playback_trigger(struct snd_sb *chip, bool start)
{
	spin_lock(&chip->reg_lock);
	if (start)
		chip->mode |= SB_RATE_LOCK_PLAYBACK;
	else
		chip->mode &= ~SB_RATE_LOCK_PLAYBACK;
	spin_unlock(&chip->reg_lock);
}

void snd_als4000_capture_trigger(struct snd_sb *chip, bool start)
{
	spin_lock(&chip->mixer_lock);
	if (start)
		chip->mode |= SB_RATE_LOCK_CAPTURE;
	else
		chip->mode &= ~SB_RATE_LOCK_CAPTURE;
	chip->fifo2_control = start ? CAPTURE_STARTS : 0;
	spin_unlock(&chip->mixer_lock);
}
