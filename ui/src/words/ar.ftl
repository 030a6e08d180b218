## State of the phone

state-label = الحالة:
state-ready = جاهز
state-ringing = يرن الآن
state-on-a-call = في مكالمة
state-on-hold = قيد الانتظار
state-wrap-up = عمل ما بعد المكالمة
state-paused = متوقف مؤقتًا
state-paused-for = متوقف مؤقتًا – { $reason }
state-unset = أخبرنا متى تكون جاهزًا
state-no-queue = غير جاهز – الطابور
state-no-microphone = غير جاهز – الميكروفون
state-no-line = غير جاهز – الخط
state-connecting = جارٍ الاتصال…
state-reconnecting = جارٍ إعادة الاتصال…
state-signed-out = تم تسجيل الخروج

## Lights: each is read with what it proves

light-connected = متصل
light-session = الجلسة
light-server = الخادم
light-line = الخط
light-queue = الطابور
proof-proven = مؤكَّد
proof-working = قيد العمل
proof-fault = به خلل

## Frame

menu-label = القائمة
mini-open = نافذة صغيرة
mini-close = نافذة كبيرة
tabs-label = الصفحات
notices-label = التنبيهات
tab-keypad = لوحة الأرقام
tab-call = المكالمة
history-title = السجل
history-local = { $days ->
    [0] لا تُحفظ المكالمات.
    [one] على هذا الحاسوب فقط، ليوم واحد.
    [two] على هذا الحاسوب فقط، ليومين.
    [few] على هذا الحاسوب فقط، لمدة { $days } أيام.
   *[other] على هذا الحاسوب فقط، لمدة { $days } يومًا.
  }
sound-title = الصوت
connection-title = الاتصال
more-title = المزيد
about-title = حول البرنامج
sound-none = لا يوجد ميكروفون
sound-level = مستوى الميكروفون
close = إغلاق
put-away = إخفاء
cancel = إلغاء
copy-support = نسخ للدعم
copy-it = نسخ لقسم تقنية المعلومات
copy-proof = نسخ الإثبات
copied = تم النسخ
sign-out = تسجيل الخروج
try-again = إعادة المحاولة
try-now = المحاولة الآن
change = تغيير
test = اختبار

## Sign in

sign-in-title = سجّل الدخول إلى هاتفك
sign-in-server-hint = العنوان الذي أعطاك إياه المسؤول
server-locked = حدّدته مؤسستك
server-given = حُدّد عند تشغيل هذا البرنامج
sign-in-email = البريد الإلكتروني أو اسم المستخدم
sign-in-password = كلمة المرور
password-show = إظهار كلمة المرور
password-hide = إخفاء كلمة المرور
caps-lock = مفتاح Caps Lock مفعّل
sign-in = تسجيل الدخول
signing-in = جارٍ تسجيل الدخول…
sign-in-again = تسجيل الدخول هنا
sign-in-another = استخدام حساب آخر
language-label = اللغة
version = الإصدار { $version }
signed-out-free = تم تسجيل الخروج. هاتفك متاح الآن.
signed-out-unconfirmed = تم تسجيل الخروج هنا. لم يؤكده الخادم: قد يظهر هاتفك مستخدَمًا للأجهزة الأخرى حتى { $minutes } د.
email-missing = أدخل بريدك الإلكتروني أو اسم المستخدم
password-missing = أدخل كلمة المرور
server-invalid = لا يمكن استخدام هذا العنوان. يجب أن يبدأ بـ https://
server-not-allowed = تسمح مؤسستك بخوادم أخرى فقط. اطلب العنوان من المسؤول.
server-missing = أدخل عنوان الخادم
steps-label = الخطوات
step-done = تم
step-waiting = في الانتظار
signing-out = جارٍ تسجيل الخروج…
restoring = جارٍ البحث عن جلستك…
resuming = مرحبًا بعودتك، { $name }
resuming-line = جارٍ تأكيد جلستك…
resuming-trouble = جلستك محفوظة. سنواصل المحاولة.

## Your phone is in use

held-title = هاتفك قيد الاستخدام
held-where = أنت مسجّل الدخول على { $device }.
held-since = أنت مسجّل الدخول على { $device } منذ { $time }.
held-device = { $name } ({ $system })
held-in-call = تجري عليه مكالمة الآن.
held-unknown = تحويلتك محجوزة لجلسة أخرى. سجّل الخروج هناك أولًا أو اسأل المسؤول. ستتحرر تلقائيًا خلال 60 دقيقة على الأكثر.
held-move = نقله إلى هنا
held-password = أدخل كلمة المرور مرة أخرى لنقله
held-ask = طلب نقله إلى هنا
held-force = يمكنك نقله رغم ذلك. ستستمر أي مكالمة هناك حتى تنتهي.
another-device = جهاز آخر
asking-sending = جارٍ سؤال { $device }…
asking-waiting = في انتظار { $device }… { $seconds } ث
asking-after-call = سيُنقل بعد المكالمة الجارية. أبقِ هذه النافذة مفتوحة.
not-moved-refused = رفض { $device } الطلب.
not-moved-unanswered = لا يجيب { $device }.
not-moved-superseded = طلب جهاز آخر هاتفك بعد هذا الجهاز.
not-moved-lapsed = انتهى الطلب. يمكنك أن تطلب مرة أخرى.

## No phone

no-phone-title = لا يوجد هاتف لهذا الحساب
no-phone-ask = اطلب إنشاء سجل موظف (التحويلة والحملة).
no-phone-role = أنت مسجّل الدخول. لا يوجد هاتف لهذا الدور.

## The session ended

ended-moved = نُقل هاتفك
ended-moved-line = نُقل هاتفك إلى { $device } في { $time }.
ended-released = نُقل هاتفك أو تم تحريره
ended-at = في { $time }
ended-expired = انتهت جلستك
ended-expired-line = تعذّر تأكيدها في الوقت المناسب فانتهت في { $time }.
ended-token = سجّل الدخول من جديد
ended-token-line = انتهى تسجيل دخولك في { $time }.
ended-account = تغيّر حساب هاتفك
ended-account-line = انتهت جلستك في { $time }. سجّل الدخول من جديد لاستخدام الحساب الجديد.

## What went wrong

fault-offline = لا توجد شبكة
fault-offline-line = هذا الحاسوب غير متصل. سنعيد الاتصال تلقائيًا.
fault-offline-try = هذا الحاسوب غير متصل. صِله بالشبكة ثم حاول مرة أخرى.
fault-address = لا يمكن استخدام عنوان الخادم
fault-dns = تعذّر العثور على الخادم
fault-dns-line = العنوان { $host } غير معروف على هذه الشبكة. قد تحتاج إلى VPN.
fault-tcp = تعذّر الوصول إلى الخادم
fault-tcp-line = قد يمنعه جدار حماية، أو قد تحتاج إلى VPN.
fault-proxy-sign-in = وكيل الشركة يطلب تسجيل الدخول
fault-proxy = وكيل الشركة لا يسمح بالمرور
fault-proxy-line = لا يمكن لإشارات المكالمات أن تمر.
fault-proxy-refused = رفض { $proxy } تسجيل الدخول.
fault-proxy-port = لا يسمح الوكيل بالمنفذ { $port }
fault-proxy-server = لا يمكن الوصول إلى الخادم من خلاله.
fault-tls = شهادة الخادم غير موثوقة
fault-tls-line = قد يلزم أن تثبّتها شركتك.
fault-tls-time = شهادة الخادم غير صالحة الآن
fault-tls-time-line = انتهت صلاحيتها، أو أن ساعة هذا الحاسوب غير صحيحة.
fault-tls-issued = أصدرها { $issuer }. قد يلزم أن تثبّتها شركتك.
fault-tls-expired = انتهت صلاحية الشهادة في { $day }
fault-tls-early = الشهادة غير صالحة قبل { $day }
fault-tls-clock = أو أن ساعة هذا الحاسوب غير صحيحة.
fault-tls-name = شهادة الخادم لاسم آخر
fault-tls-names = هي لـ { $names }.
fault-tls-revoked = أُلغيت شهادة الخادم
clock-off = ساعة هذا الحاسوب منحرفة بمقدار { $time }.
open-clock = فتح إعدادات الساعة
open-settings = فتح الإعدادات
fault-tls-other = تعذّر إنشاء اتصال آمن بالخادم
fault-http = رد الخادم غير مفهوم
fault-http-line = ربما يجيب شيء آخر عند { $host }. إذا كانت هذه شبكة ضيوف، فافتح صفحة تسجيل الدخول إليها في المتصفح.
fault-refused = رفض خادم الهاتف الاتصال
fault-timeout = الخادم لا يستجيب
fault-timeout-line = قد تكون الشبكة بطيئة. حاول مرة أخرى.
fault-credentials = اسم المستخدم أو كلمة المرور غير صحيحة
fault-request = لم يقبل الخادم تسجيل الدخول هذا
fault-second-factor = يطلب حسابك عاملًا ثانيًا
fault-second-factor-line = لا يمكن لهذا الهاتف أن يطلب رمزه. يمكن للمسؤول مساعدتك.
fault-not-verified = لم يتم التحقق من بريدك الإلكتروني
fault-not-verified-line = افتح الرابط في الرسالة التي وصلتك، ثم سجّل الدخول مرة أخرى.
fault-tries = محاولات كثيرة جدًا
fault-tries-wait = انتظر { $seconds } ث.
fault-tries-later = انتظر قليلًا.
fault-tries-over = يمكنك المحاولة الآن.
fault-server = يواجه الخادم مشكلة
fault-server-line = ليس الخطأ منك. حاول مرة أخرى بعد لحظات.
fault-account = هاتفك غير مُعَدّ بشكل صحيح
fault-account-line = اطلب من المسؤول مراجعة سجلك كموظف.
fault-extension-refused = رفض خادم الهاتف التحويلة { $extension }
fault-extension-refused-line = اطلب من المسؤول مراجعة كلمة مرور SIP.
fault-extension-unknown = هذه التحويلة غير موجودة
fault-line-silent = خادم الهاتف لا يستجيب
fault-line-full = ما زالت هناك جلسات قديمة مفتوحة
fault-line-full-line = ستنتهي تلقائيًا.
fault-line = لم يقبل خادم الهاتف تحويلتك
fault-queue = لم يسجّل Ozonetel دخولك
full-stop = .
retry-in = محاولة جديدة بعد { $seconds } ث.
retry-now = جارٍ المحاولة…

## جهاز آخر يطلب هذا الهاتف

move-label = طلب من جهاز آخر
move-asks = هل تريد نقل هاتفك إلى { $device }؟
move-asks-idle = الطلب جارٍ الآن ({ $seconds }). يُنقل إن لم تُجب.
move-asks-call = الطلب جارٍ الآن ({ $seconds }). يُنقل بعد هذه المكالمة إن لم تُجب.
move-later = سيُنقل هاتفك إلى { $device } بعد هذه المكالمة.
move-silent = لم تُجب: سيُنقل هاتفك إلى { $device } عند انتهاء هذه المكالمة.
move-moving = يُنقل هاتفك إلى { $device }…
move-now = النقل الآن
move-stay = لا، يبقى هنا

## Notices

notice-at-risk = تعذّر تأكيد جلستك؛ ستنتهي { $minutes ->
    [zero] خلال أقل من دقيقة
    [one] خلال دقيقة واحدة
    [two] خلال دقيقتين
    [few] خلال { $minutes } دقائق
    [many] خلال { $minutes } دقيقة
   *[other] خلال { $minutes } دقيقة
  }. سنواصل المحاولة.
notice-lost = فُقدت جلستك. ستستمر هذه المكالمة، وبعدها سجّل الدخول من جديد.
notice-moved = نُقل هاتفك إلى { $device }. ستستمر هذه المكالمة، وبعدها يُسجَّل خروجك.
notice-moved-here = نُقل إلى هنا. سُجّل الخروج من { $device }.
notice-vault-memory = جلستك محفوظة في الذاكرة فقط. بعد أي تعطّل ستسجّل الدخول من جديد.
notice-turned-away = أُبلغ المتصل { $number } بأنك مشغول
notice-change-failed = لم يقبل الطرف الآخر التغيير.
notice-media-failed = هناك مشكلة في صوت هذه المكالمة
notice-queue-silent = لا يستجيب Ozonetel.
notice-refused = رفض Ozonetel: { $state }
notice-outcome-refused = لم يقبل Ozonetel النتيجة: { $outcome }
notice-unset = تصل مكالمات الطابور عندما تكون جاهزًا.
notice-unsaved = تعذّر حفظ النتيجة. نحتفظ بها ونحاول مرة أخرى.
notice-outcome-lost = ربما لم تُحفظ النتيجة: { $outcome }
notice-time-up = انتهى الوقت.
notice-time-up-ready = انتهى الوقت. أنت جاهز.
refused-no-outcome = اختر نتيجة أولًا.
refused-not-registered = خطك غير جاهز. لا يمكن إجراء مكالمات.
refused-lease-lost = فُقدت جلستك. سجّل الدخول من جديد لإجراء المكالمات.
refused-too-many-calls = لا يُسمح بمكالمات أكثر.
refused-target = لا يمكن الاتصال بهذا الرقم.
refused-not-allowed = لا تسمح مؤسستك بالاتصال بهذا الرقم.
refused-state = هذا غير ممكن الآن.
refused-check-runs = يجري اختبار الصوت الآن. انتظر حتى ينتهي.
refused-too-fast = كان ذلك كثيرًا دفعة واحدة. حاول مرة أخرى بعد قليل.
refused-request = انتهى هذا الطلب.
refused-failed = تعذّر ذلك. رسالة الحاسوب: { $words }
notice-computer = رسالة الحاسوب:

## Lengths of time

span-hours = { $hours } س { $minutes } د
span-minutes = { $minutes } د { $seconds } ث
span-seconds = { $seconds } ث
span-of = { $time } من { $whole }

## Ready

home-extension = التحويلة { $extension }
home-campaign = الحملة { $campaign }
dial-label = الاسم أو الرقم
dial = اتصال
dial-recent = من السجل
number-short = هذا الرقم قصير جدًا.
number-dialled = { $number } (كما سيُطلب)
keypad-show = إظهار لوحة الأرقام
keypad-hide = إخفاء لوحة الأرقام
erase = مسح
last-call = آخر مكالمة
call-back = معاودة الاتصال
no-calls = لا مكالمات اليوم بعد.

## Queue

go-ready = كن جاهزًا
pause = إيقاف مؤقت
pause-search = ابحث عن سبب
pause-none = لا يوجد سبب كهذا.
after-call = بعد هذه المكالمة
after-wrap-up = بعد عمل ما بعد المكالمة
next = ثم: { $state }
next-cancel = ثم: { $state }. إلغاء
queue-ordering = جارٍ التغيير إلى: { $state }
wrap-up-show = العودة إلى عمل ما بعد المكالمة
wrap-up-left = الوقت المتبقي:
wrap-up-done = تم – { $state }
wrap-up-done-pause = تم – إيقاف مؤقت
wrap-up-more = وقت إضافي
outcome-label = النتيجة
outcome-note = ملاحظة
outcome-saving = جارٍ الحفظ…
outcome-refused = لم يقبلها Ozonetel: { $words }. اختر نتيجة أخرى.

## How calls ended

cause-cut = أُغلق الهاتف أثناء هذه المكالمة
cause-local = أنهيتَ المكالمة
cause-caller = أنهاها المتصل
cause-remote = أنهاها الطرف الآخر
cause-declined = مرفوضة
cause-missed = مكالمة فائتة
cause-elsewhere = رُدّ عليها من جهاز آخر
cause-timeout = لم يُرَدّ عليها في الوقت المناسب
cause-lost = انقطعت المكالمة.
cause-no-path = شبكتك تمنع الصوت
cause-no-path-line = ستكون المكالمات بلا صوت. اطلب من قسم تقنية المعلومات السماح بالصوت.
cause-signed-out = انتهت لأنك سجّلت الخروج
cause-busy = مشغول
cause-no-answer = لا رد
cause-not-found = هذا الرقم غير موجود
cause-refused = رُفضت المكالمة
cause-security = لم تكن المكالمة آمنة فأُنهيت
cause-incompatible = لا توجد صيغة صوت مشتركة بين الهاتفين
call-answered = رُدّ عليها بعد { $after }، { $length }، { $end }.
call-went = { $length } من الحديث، { $end }.
call-end-you = أنهيتَها أنت
call-end-caller = أنهاها المتصل
call-end-called = أنهاها الطرف الآخر
call-end-lost = ثم انقطعت
call-end-signed-out = انتهت بتسجيل خروجك
call-end-closed = قُطعت لأن الهاتف أُغلق
call-end-fault = انتهت بسبب خلل
call-poor = كان الصوت ضعيفًا لمدة { $poor }.
call-poor-here = كان الصوت ضعيفًا لمدة { $poor }: شبكتك.
call-poor-partly = كان الصوت ضعيفًا لمدة { $poor }، منها { $here }: شبكتك.

## Calls

number-withheld = رقم محجوب
call-show = عرض المكالمة
incoming-call = مكالمة واردة
incoming-campaign = مكالمة واردة · حملة { $campaign }
answer = رد
decline = رفض
hang-up = إنهاء المكالمة
answered-itself = تم الرد تلقائيًا
answers-itself = سيتم الرد تلقائيًا
ringing-on = يرن على { $device }
ringing-off = الجرس متوقف
ring-mute = كتم الرنين
ring-muted = الرنين مكتوم
second-call = مكالمة ثانية – الرد يضع المتصل الحالي قيد الانتظار
call-calling = جارٍ الاتصال…
call-ringing = يرن…
call-connecting = جارٍ التوصيل…
call-mute = كتم
call-muted = صوتك مكتوم
call-muted-speech = صوتك مكتوم – اضغط M للتحدث
call-hold = انتظار
call-resume = استئناف
call-keypad = الأرقام
call-add = مكالمة أخرى
call-held = قيد الانتظار { $time } – الطرف الآخر لا يسمعك
call-still-held = ما زال قيد الانتظار { $time }
call-held-by-peer = وضعك الطرف الآخر قيد الانتظار
call-interrupted = جارٍ إعادة وصل مكالمتك… بقي { $seconds } ث. ابقَ على الخط.
call-recovered = عاد الاتصال. فُقدت { $seconds } ث.
one-way-in = لا تسمع الطرف الآخر
one-way-in-line = لا يصل شيء من الخادم.
one-way-out = الطرف الآخر لا يسمعك
one-way-out-line = تغادر الحزم لكنها لا تصل.
one-way-repair = إصلاح
one-way-repairing = جارٍ إصلاح الصوت…
call-switch = تبديل
digits-sent = الأرقام المرسلة
quality-good = جيد
quality-fair = مقبول
quality-poor = ضعيف
quality-poor-here = ضعيف – شبكتك
quality-poor-here-line = اقترب من شبكة الواي فاي أو استخدم كابلًا.
quality-unknown = جارٍ القياس…
quality-label = جودة الصوت:
on-hold-for = قيد الانتظار { $time }

## Read by screen readers alone

read-incoming = مكالمة واردة من { $name }. اضغط Control Enter للرد.
read-ring = مكالمة واردة من { $name }.
read-ring-key = مكالمة واردة من { $name }. اضغط { $key } للرد.
read-ended = انتهت المكالمة. { $cause }
read-minute = دقيقة واحدة
read-asked = يطلب { $device } هاتفك. لديك { $seconds } ثانية للإجابة.

## History

history-filter = عرض
history-filter-all = الكل
history-filter-out = الصادرة
history-missed = فائتة
history-missed-calls = فائتة
history-incoming = واردة
history-outgoing = صادرة
history-no-talk = بلا رد
history-withheld-why = حجب المتصل رقمه، لذا لا يمكن معاودة الاتصال به.
history-masked = تخفي مؤسستك جزءًا من هذا الرقم، لذا لا يمكن معاودة الاتصال به.
history-none = لا مكالمات بعد.
history-none-missed = لا مكالمات فائتة.
history-none-outgoing = لم تتصل بأحد بعد.
history-number = الرقم
history-kind = المكالمة
history-when = الوقت
history-length = المدة
history-end = كيف انتهت
history-delete = حذف
history-deleted = حُذفت المكالمة
history-delete-all = حذف الكل
history-delete-all-title = هل تريد حذف السجل كله؟
history-delete-all-line = { $calls ->
    [zero] لا توجد مكالمات لحذفها من هذا الحاسوب.
    [one] ستُحذف مكالمة واحدة من هذا الحاسوب. لا يمكن التراجع عن ذلك.
    [two] ستُحذف مكالمتان من هذا الحاسوب. لا يمكن التراجع عن ذلك.
    [few] ستُحذف { $calls } مكالمات من هذا الحاسوب. لا يمكن التراجع عن ذلك.
    [many] ستُحذف { $calls } مكالمة من هذا الحاسوب. لا يمكن التراجع عن ذلك.
   *[other] ستُحذف { $calls } مكالمة من هذا الحاسوب. لا يمكن التراجع عن ذلك.
  }
history-deleted-all = حُذف السجل

## First run

headset-title = اختر سماعة الرأس.
headset-why = ما تختاره يُستخدم أولًا كلما كان موصولًا.
headset-used = للمكالمات
headset-hello-why = تحدّث ثلاث ثوانٍ، ثم تسمع ما يسمعه المتصلون.
headset-hello = قل مرحبًا
continue = متابعة
skip = تخطٍّ

## Sound

sound-check = اختبار الصوت
check-why = تحدّث ثلاث ثوانٍ لتعرف كيف يسمعك المتصلون.
check-begin = اختبار الميكروفون
check-again = إعادة الاختبار
check-speak = تحدّث الآن كما في المكالمة…
check-at = اختُبر في { $time }
check-in-call = يمكن الاختبار بعد انتهاء مكالمتك.
test-speaker = اختبار مكبر الصوت
test-ringer = اختبار الجرس
test-stop = إيقاف الاختبار
verdict-no-microphone = لم يُعثر على ميكروفون. هل سماعة الرأس موصولة؟
verdict-silent = لا نسمع شيئًا من سماعة رأسك. هل مفتاح الكتم فيها مفعّل؟
verdict-clipped = الصوت مرتفع جدًا: أبعد الميكروفون عن فمك أو اخفضه في إعدادات الصوت
verdict-very-quiet = الصوت منخفض جدًا: ارفع مستوى الميكروفون في إعدادات الصوت
verdict-noisy = هناك ضوضاء: سيسمع المتصلون ما حولك
verdict-built-in = يُستخدم ميكروفون الحاسوب المحمول لا سماعة الرأس
verdict-bluetooth = بلوتوث بدون استخدام اليدين: سيسمعك المتصلون بصوت محدود. السلك أو محوّل USB الخاص بالسماعة أفضل
verdict-good = الصوت جيد
role-microphone = الميكروفون
role-speaker = مكبر الصوت
role-ringer = الجرس
speaker-level = مستوى مكبر الصوت
devices-looking = جارٍ البحث عن الأجهزة…
devices-lost = تعذّر عرض الأجهزة
devices-no-microphone = لم يُعثر على ميكروفون. وصّل سماعة رأس.
devices-no-speaker = لم يُعثر على مكبر صوت. وصّل سماعة رأس.
device-list = الأجهزة؛ يُستخدم أول جهاز موصول
device-automatic = يُستخدم الجهاز الذي يفضّله النظام. اختر جهازًا لتفضيله هنا.
device-automatic-locked = يُستخدم الجهاز الذي يفضّله النظام.
device-now = يُستخدم الآن { $device }.
device-recovered = عاد { $device } إلى العمل.
device-gone = انفصل { $device }.
device-busy = يستخدم برنامج آخر { $device }. أغلقه أو اختر جهازًا آخر.
device-refused = يحظر النظام { $device }. اسمح به في إعدادات الخصوصية.
device-service = خدمة الصوت في هذا الحاسوب لا تعمل.
device-stuck = { $device } لا يستجيب.
device-broken = توقف { $device } عن العمل.
device-in-use = قيد الاستخدام
device-away = غير موصول
device-usual = يفضّله النظام
device-use = تفضيل
device-choose = تفضيل { $name }
device-chosen = { $name } هو الآن الخيار الأول
device-up = نقل { $name } إلى أعلى
device-moved = { $name } الآن في المرتبة { $place }
device-remove = إزالة { $name } من خياراتك
device-removed = أُزيل { $name } من خياراتك
volume-label = مستوى صوت الجرس
volume-off = متوقف
volume-percent = { $percent }%
processing-title = معالجة الصوت
processing-echo = إلغاء الصدى
processing-echo-hint = لا يسمع المتصلون أصواتهم
processing-noise = تقليل الضوضاء
processing-noise-hint = يصبح المكان حولك أهدأ
processing-gain = مستوى تلقائي
processing-gain-hint = صوتك بالقوة نفسها دائمًا
processing-rumble = مرشّح الأصوات المنخفضة
processing-rumble-hint = يزيل الطنين والطَّرْق على المكتب
tones-title = النغمات
tones-country = بلد النغمات
tones-hint = كيف تُسمع نغمتا الرنين والانشغال
tones-international = دولي

## Connection

back = رجوع
copy = نسخ
reconnect = إعادة الاتصال
check-connection = اختبار الاتصال
check-phone = اختبار الهاتف
checking = جارٍ الاختبار…
server-answers = { $host } يستجيب ({ $ms } مللي ثانية)
proof-none = غير مؤكَّد
proof-confirmed = تأكّد قبل { $age }
proof-ends = ينتهي بعد { $left }
proof-expires = تنتهي صلاحيته بعد { $left }
proof-over = انتهى وقته
proof-holder = { $name } على { $device }
proof-no-session = لا توجد جلسة
proof-session-at-risk = تعذّر تأكيد الجلسة. سنواصل المحاولة.
proof-session-lost = فُقدت الجلسة
proof-server-off = غير متصل
proof-server-up = متصل منذ { $time }
proof-heard = آخر رد قبل { $age }
proof-line-off = غير مسجّل
proof-line-registering = جارٍ التسجيل…
proof-line = { $extension } على { $server }
proof-queue-pending = يأخذ Ozonetel وقته؛ تسجيل الدخول مستمر
proof-queue-since = منذ { $time }
path-title = مسار الصوت
path-looking = جارٍ البحث عن مسار الصوت…
path-direct = مباشر، دون مُرحِّل
path-relay = عبر مُرحِّل لدى الطرف الآخر
path-silent = لا يصل شيء الآن. نواصل المحاولة.
path-codec = صيغة الصوت: { $codec }
path-round-trip = ذهابًا وإيابًا: { $ms } مللي ثانية على الأكثر
path-unchecked = لم يُختبر بعد
path-open = الصوت يخرج من هذه الشبكة ويعود
path-open-line = هذا ما يقوله خادم STUN. أما أن يسمع كلٌّ منكما الآخر فلا تثبته إلا مكالمة.
path-blocked = لا يتلقى الصوت ردًا في هذه الشبكة
path-blocked-line = قد تكون المكالمات بلا صوت. اطلب من قسم تقنية المعلومات السماح بـ UDP.
path-unasked = لا تثبته إلا مكالمة: لا يذكر حسابك أي خادم STUN.
proof-microphone-open = مفتوح: يسمعك الآن
proof-microphone-unchecked = موصول، لم يُختبر بعد
speaker-played = شُغِّل هنا ما قلته. إن لم تسمع شيئًا فارفع الصوت أو اختر غيره.
proof-keyring = حلقة المفاتيح
proof-keyring-kept = جلستك محفوظة في حلقة مفاتيح هذا الحاسوب
proof-keyring-memory = جلستك محفوظة في الذاكرة فقط
proof-keyring-memory-line = بعد إعادة التشغيل ستسجّل الدخول من جديد.

## More

as-system = مثل النظام
account-title = الحساب
account-extension = التحويلة
account-agent = الموظف
account-campaign = الحملة
account-device = هذا الحاسوب
account-fallback = حساب SIP ثابت
more-look = اللغة والمظهر
theme-label = المظهر
theme-light = فاتح
theme-dark = داكن
more-calls = المكالمات
incoming-label = المكالمات الواردة
incoming-popup = نافذة منبثقة
incoming-popup-hint = نافذة صغيرة في الأعلى لا تقطع كتابتك
incoming-flash = وميض
incoming-flash-hint = ينبّهك شريط المهام فقط
incoming-front = إلى المقدمة
incoming-front-hint = تظهر هذه النافذة في المقدمة
auto-answer-label = الرد التلقائي
auto-answer-off = متوقف
auto-answer-off-hint = ترد بنفسك على كل مكالمة
auto-answer-header = عند الطلب
auto-answer-header-hint = يُرَدّ على المكالمات التي يطلب مصدرها ذلك
auto-answer-always = دائمًا
auto-answer-always-hint = يُرَدّ على كل مكالمة ما لم تكن هناك أخرى
auto-answer-tone = نغمة قبل الرد
auto-answer-tone-hint = تسمعها قبل أن يسمعك المتصل
max-calls-label = المكالمات في آن واحد
max-calls-hint = { $calls ->
    [zero] أثناء المكالمة يسمع أي متصل آخر أنك مشغول
    [one] أثناء المكالمة يسمع أي متصل آخر أنك مشغول
    [two] تتحدث في واحدة والأخرى قيد الانتظار
    [few] تتحدث في واحدة والأخريات قيد الانتظار
    [many] تتحدث في واحدة والأخريات قيد الانتظار
   *[other] تتحدث في واحدة والأخريات قيد الانتظار
  }
shortcuts-title = مفاتيح أثناء استخدام برامج أخرى
shortcuts-note = تعمل وأنت في برنامج آخر. متوقفة إلى أن تحددها.
shortcuts-unavailable = سطح المكتب هذا لا يعطي المفاتيح لبرامج تعمل في الخلفية.
shortcut-answer = الرد
shortcut-hang-up = الإنهاء أو الرفض
shortcut-mute = الكتم
shortcut-double = هذه مفاتيح «{ $label }» بالفعل.
shortcut-taken = يستخدم برنامج آخر هذه المفاتيح. اختر غيرها.
shortcut-unknown = لا يمكن استخدام هذه المفاتيح هنا. اختر غيرها.
keys-off = متوقف
keys-listening = اضغط المفاتيح…
keys-press = اضغط المفاتيح. يبقي Escape كل شيء كما هو.
keys-unfit = اختر أحد مفاتيح F، وحده أو مع Ctrl أو Alt أو Shift.
keys-clear = إيقاف مفاتيح { $label }
more-start = البدء والإغلاق
autostart-label = البدء مع تشغيل الحاسوب
start-minimised-label = البدء بلا نافذة
quit-on-close-label = إنهاء البرنامج عند إغلاق النافذة
quit-on-close-hint = إغلاق النافذة يسجّل خروجك
stay-on-close-hint = يبقى الهاتف يرن بعد الإغلاق
more-pages = الهاتف
sign-out-title = أنت في مكالمة. هل تريد إنهاءها وتسجيل الخروج؟
sign-out-line = تسجيل الخروج ينهي المكالمة ويحرر هاتفك.
sign-out-and-hang-up = إنهاء المكالمة وتسجيل الخروج
sign-out-unsaved-title = تسجيل الخروج قبل حفظ كل شيء؟
unsaved-line = { $outcomes ->
    [one] لم تُحفظ نتيجة واحدة بعد. ستضيع عندئذٍ.
    [two] لم تُحفظ نتيجتان بعد. ستضيعان عندئذٍ.
    [few] لم تُحفظ { $outcomes } نتائج بعد. ستضيع عندئذٍ.
   *[other] لم تُحفظ { $outcomes } من النتائج بعد. ستضيع عندئذٍ.
  }
stay = البقاء

## About

about-computer = النظام
about-system = نظام التشغيل
support-title = الدعم
support-file = ملف الدعم
support-note = إصدارات هذا الهاتف وإعداداته وحالته وآخر رسائله في ملف نصي. لا يحتوي على كلمة مرور ولا على رقم متصل. أعطه لمن يساعدك.
support-save = حفظ ملف الدعم
support-saved = حُفظ في:
about-licences = التراخيص
about-licences-note = برنامج حر، بأيٍّ من الترخيصين كما تختار.
about-licence = ترخيص { $name }

## Questions

quit-title = أنت في مكالمة. هل تريد إنهاءها والخروج؟
quit-unsaved-title = الخروج قبل حفظ كل شيء؟
quit-line = الخروج ينهي المكالمة ويسجّل خروجك.
quit-and-hang-up = إنهاء المكالمة والخروج
quit = خروج
link-title = هل تريد الاتصال بهذا الرقم؟
link-line = رابط في برنامج آخر يطلب هذه المكالمة.
link-holds = ستوضع مكالمتك الحالية قيد الانتظار.
link-refuse = عدم الاتصال
