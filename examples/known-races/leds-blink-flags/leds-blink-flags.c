// SPDX-License-Identifier: GPL-2.0-only
/*
 * From drivers/leds/led-core.c: an LED blinks once, by a timer, while its brightness is set.
 * Left out: the light, and that the timer is started again.
 */
#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/timer.h>
#include <linux/types.h>

#define LED_BLINK_SW BIT(17)
#define LED_BLINK_ONESHOT BIT(18)
#define LED_BLINK_ONESHOT_STOP BIT(19)
#define LED_BLINK_BRIGHTNESS_CHANGE BIT(21)

struct led_classdev {
	int flags;
	int new_blink_brightness;
	struct timer_list blink_timer;
};

static struct led_classdev led;

static void led_timer_function(struct timer_list *t)
{
	struct led_classdev *led_cdev = container_of(t, struct led_classdev, blink_timer);

	if (led_cdev->flags & LED_BLINK_ONESHOT)
		led_cdev->flags |= LED_BLINK_ONESHOT_STOP;
}

void led_blink_set_oneshot(struct led_classdev *led_cdev)
{
	timer_setup(&led_cdev->blink_timer, led_timer_function, 0);
	led_cdev->flags |= LED_BLINK_SW | LED_BLINK_ONESHOT;
	mod_timer(&led_cdev->blink_timer, jiffies + 1);
}

/* While it blinks, the timer takes over the new value. */
void led_set_brightness(struct led_classdev *led_cdev, int brightness)
{
	if (led_cdev->flags & LED_BLINK_SW) {
		led_cdev->flags |= LED_BLINK_BRIGHTNESS_CHANGE;
		led_cdev->new_blink_brightness = brightness;
	}
}

bool led_blink_stops(const struct led_classdev *led_cdev)
{
	return led_cdev->flags & LED_BLINK_ONESHOT_STOP;
}

bool led_brightness_changes(const struct led_classdev *led_cdev)
{
	return led_cdev->flags & LED_BLINK_BRIGHTNESS_CHANGE;
}
